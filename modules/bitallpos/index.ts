import { command, defineModule, t } from 'krmt/module'

/** BITALLPOS key [start [end [limit]]]: the positions of all set bits. */
const bitallpos = command({
  name: 'bitallpos',
  summary: 'Lists the positions of the bits that are set in a string.',
  complexity: 'O(N) with the number of bytes',
  group: 'bitmap',
  flags: ['readonly'],
  args: {
    key: t.key(),
    start: t.optional(t.integer(), 0),
    end: t.optional(t.integer(), -1),
    limit: t.optional(t.integer(), -1),
    // The original took more arguments than it knew, and then no limit.
    more: t.zeroOrMore(t.bytes()),
  },
  examples: [
    ['SET letters "\\x05\\x80"', 'OK'],
    ['BITALLPOS letters', ['5', '7', '8']],
    ['BITALLPOS letters 1', ['8']],
    ['BITALLPOS letters 0 -1 2', ['5', '7']],
    ['BITALLPOS nothing', []],
  ],
  run({ key, start, end, limit, more }, { read }) {
    const positions: string[] = []
    read.string(key).visitSetBits({ start, end, limit: limit < 0 || more.length > 0 ? undefined : limit }, position => {
      positions.push(String(position))
    })
    return positions
  },
})

export default defineModule({
  name: 'com.github.antirez.redis.pullrequest.1295',
  version: '0.5.0',
  requires: '^1',
  commands: [bitallpos],
})
