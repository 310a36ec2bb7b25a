import type { ByteString } from '../bytes/bytes.js'

/**
 * How long a server may take at the most before it answers a command that is meant to wait, in milliseconds: 0 if it does not wait after
 * all, Infinity if it may wait for ever or nothing is known of it. What is no number is answered at once, with an error.
 */
export function longestWait(argv: readonly ByteString[]): number {
  switch (argv[0]?.toLowerCase()) {
    case 'blpop':
    case 'brpop':
    case 'brpoplpush':
    case 'blmove':
    case 'bzpopmin':
    case 'bzpopmax':
      return waitOf(argv.at(-1), 1000)
    case 'blmpop':
    case 'bzmpop':
      return waitOf(argv[1], 1000)
    case 'wait':
      return waitOf(argv[2], 1)
    case 'waitaof':
      return waitOf(argv[3], 1)
    case 'xread':
    case 'xreadgroup': {
      const streams = argv.findIndex(word => word.toLowerCase() === 'streams')
      const block = argv.findIndex(word => word.toLowerCase() === 'block')
      return block === -1 || (streams !== -1 && block > streams) ? 0 : waitOf(argv[block + 1], 1)
    }
    default:
      return Number.POSITIVE_INFINITY
  }
}

/** @param unit in milliseconds */
function waitOf(word: ByteString | undefined, unit: number): number {
  const wait = Number(word) * unit
  if (!(wait >= 0)) return 0
  // 0 is for ever; and of what no timer can measure it need not be known.
  return wait === 0 || wait > LONGEST_TIMER ? Number.POSITIVE_INFINITY : wait
}

/** Milliseconds, with room for what is added. */
const LONGEST_TIMER = 2 ** 30
