import { decoded } from "../src/entities";

/** What micromark asks in the tests: the characters of a name; false where there is no such name. */
export function decodeNamedCharacterReference(name: string): string | false {
  const reference = `&${name};`;
  const text = decoded(reference);
  return !text || text === reference ? false : text;
}
