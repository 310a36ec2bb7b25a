import type { ByteString } from './bytes.js'

/** The bytes from `start` up to `end` as a string. `bytes` is a Buffer for what is too long for the fast way. O(n). */
export function byteString(bytes: Buffer, start: number, end: number): ByteString {
  const length = end - start
  return length < STRING_OF.length ? STRING_OF[length]!(bytes, start) : bytes.latin1Slice(start, end)
}

/**
 * By length: a string of so many bytes. For the 13 to 40 bytes that keys often have, String.fromCharCode with an argument a
 * byte is faster than latin1Slice, which leaves V8's compiled code (16 bytes: 50 and 74 ns; and the string is then found
 * in a Map faster, too). With redis-benchmark at 16 a pipeline that is 10 % of the throughput of GET.
 */
export const STRING_OF: readonly ((bytes: Uint8Array, start: number) => ByteString)[] = Array.from(
  { length: 41 },
  (_, length) => {
    const chars = Array.from({ length }, (_, i) => `bytes[start + ${i}]`)
    const body = `return String.fromCharCode(${chars.join(', ')})`
    return new Function('bytes', 'start', body) as (bytes: Uint8Array, start: number) => ByteString
  },
)
