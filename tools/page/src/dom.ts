/** Elements made by hand, where Preact would redraw too much. Foreign texts become text nodes only. */

type Kid = Node | string | null | undefined | false;

export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  cls: string,
  ...kids: Kid[]
): HTMLElementTagNameMap[K] {
  const one = document.createElement(tag);
  if (cls) one.className = cls;
  for (const kid of kids) if (kid) one.append(kid);
  return one;
}
