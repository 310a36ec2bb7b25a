/**
 * A Redis string: any bytes, held as a JS string with one char (U+0000 to U+00FF) a byte.
 *
 * It is a Map key as it stands, V8 stores it in one byte a char, and it goes to a socket with one `latin1Write`.
 * Text is not a ByteString until it has gone through `fromUtf8`.
 */
export type ByteString = string

/** The UTF-8 bytes of a text. O(n); a text of ASCII chars only is returned as it is. */
export function fromUtf8(text: string): ByteString {
  return isAscii(text) ? text : Buffer.from(text, 'utf8').latin1Slice()
}

/** The text that the bytes are in UTF-8; what is not valid UTF-8 becomes U+FFFD. O(n). */
export function toUtf8(bytes: ByteString): string {
  return isAscii(bytes) ? bytes : Buffer.from(bytes, 'latin1').utf8Slice()
}

export function toBuffer(bytes: ByteString): Buffer {
  return Buffer.from(bytes, 'latin1')
}

export function fromBuffer(bytes: Uint8Array): ByteString {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).latin1Slice()
}

/** A loop wins for the short strings that keys and fields are; the regular expression, for long ones. */
function isAscii(text: string): boolean {
  if (text.length > 32) return !NON_ASCII.test(text)
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false
  return true
}

const NON_ASCII = /[^\x00-\x7f]/
