import { createHash } from 'node:crypto'
import type { ByteString } from '../bytes/bytes.js'

/** SHA-1 in hex, by which scripts are known. */
export function sha1(text: ByteString): ByteString {
  return createHash('sha1').update(text, 'latin1').digest('hex')
}
