const ENCODINGS: readonly (readonly [mark: readonly number[], name: string])[] = [
  [[0xff, 0xfe], 'utf-16le'],
  [[0xfe, 0xff], 'utf-16be'],
]

/**
 * The text of a file that a person wrote: UTF-8, or what its byte order mark says. The mark itself, which Windows' editors and
 * shells put there, is no part of it.
 */
export function decodeText(bytes: Uint8Array): string {
  const marked = ENCODINGS.find(([mark]) => mark.every((byte, at) => bytes[at] === byte))
  return new TextDecoder(marked?.[1] ?? 'utf-8').decode(bytes)
}
