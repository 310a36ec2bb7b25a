import type { ByteString } from '../bytes/bytes.js'

/** How many hash slots a Cluster has. */
export const SLOTS = 16384

/** Stands for the hash slot of what has none. */
export const NO_SLOT = -1

/**
 * The hash slot of a key: CRC16 (XMODEM: polynomial 0x1021, beginning with 0) modulo 16384, of the part between the first `{` and the next
 * `}` where there is one that is not empty (https://redis.io/docs/reference/cluster-spec). O(length).
 */
export function slotOf(key: ByteString): number {
  let from = 0
  let to = key.length
  const open = key.indexOf('{')
  if (open !== -1) {
    const close = key.indexOf('}', open + 1)
    if (close > open + 1) {
      from = open + 1
      to = close
    }
  }
  let crc = 0
  for (let i = from; i < to; i++) crc = ((crc << 8) & 0xffff) ^ TABLE[((crc >> 8) ^ key.charCodeAt(i)) & 0xff]!
  return crc & (SLOTS - 1)
}

const TABLE: Uint16Array = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff
  return crc
})
