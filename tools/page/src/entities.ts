/** Character references of Markdown (`&copy;`), decoded by the browser in a document that runs nothing. */

/** The characters that a reference stands for, `&` and `;` included. */
export function decoded(reference: string): string {
  return new DOMParser().parseFromString(reference, "text/html").body.textContent ?? reference;
}
