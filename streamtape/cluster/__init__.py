"""Work shared by processes of this machine, or by the workers of a Dask cluster.

An `Executor` takes batches and gives futures; `in_order` drives any of them the same way: results
come in the order of the batches, few batches are under way at a time, and one whose worker died is
done again. Scheduling is the process pool's, or Dask's. Nothing here knows what the work is.
"""
