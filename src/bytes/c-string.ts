import type { ByteString } from './bytes.js'

/** A text as C has it: what stands before the first NUL. Redis hands many texts on like this. */
export function untilNul(text: ByteString): ByteString {
  const nul = text.indexOf('\0')
  return nul === -1 ? text : text.slice(0, nul)
}
