/** Character references of Markdown (`&copy;`), decoded by the browser in a document that runs nothing. */

/** The characters that a reference stands for, `&` and `;` included. */
export function decoded(reference: string): string {
  return new DOMParser().parseFromString(reference, "text/html").body.textContent ?? reference;
}

/** What micromark asks: the characters of a name; false where there is no such name. */
export function decodeNamedCharacterReference(name: string): string | false {
  const reference = `&${name};`;
  const text = decoded(reference);
  return !text || text === reference ? false : text;
}
