// The characters of a text, in the encoding that was found when its object was read. Pure.

/** `encoding` is the fact of that name, which writes `utf-16-le` where browsers write `utf-16le`. */
export function decoded(bytes: ArrayBuffer, encoding: unknown): string {
  const label = typeof encoding === 'string' ? encoding.replace(/-(?=[bl]e$)/, '') : 'utf-8';
  try {
    return new TextDecoder(label).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes); // browsers know no UTF-32
  }
}
