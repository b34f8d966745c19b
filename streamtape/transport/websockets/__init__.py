"""The seam of the library `websockets`: its asyncio and its threading client."""
