const ENCODINGS: readonly (readonly [mark: readonly number[], name: string])[] = [
  [[0xff, 0xfe], 'utf-16le'],
  [[0xfe, 0xff], 'utf-16be'],
]

/**
 * Decodes a file that a person wrote: UTF-8, or the encoding of its byte order mark, as editors and shells on Windows write it. The mark
 * is removed.
 */
export function decodeText(bytes: Uint8Array): string {
  const marked = ENCODINGS.find(([mark]) => mark.every((byte, at) => bytes[at] === byte))
  return new TextDecoder(marked?.[1] ?? 'utf-8').decode(bytes)
}
