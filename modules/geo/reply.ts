/** A hash as a reply: the integer part of the score. The hashes of the upper limits of the map may exceed 2^53. */
export function hashReply(hash: number): number | bigint {
  const integer = Math.trunc(hash)
  return Number.isSafeInteger(integer) ? integer : BigInt(integer)
}
