import { command, defineModule, reply, t } from 'krmt/module'

/** HMSETNX key field value [field value ...]: sets every field, or none if any of them exists. */
const hmsetnx = command({
  name: 'hmsetnx',
  summary: 'Sets all the given hash fields, only if none of them exists.',
  complexity: 'O(N) with the number of fields',
  group: 'hash',
  flags: ['write', 'denyoom', 'fast'],
  args: {
    key: t.key(),
    entries: t.oneOrMore(
      { field: t.bytes(), value: t.bytes() },
      { error: 'ERR wrong number of arguments for HMSETNX' },
    ),
  },
  examples: [
    ['HMSETNX user:1 name Ada city London', 'OK'],
    ['HMSETNX user:1 name Bob age 36', 0],
    ['HGETALL user:1', { name: 'Ada', city: 'London' }],
  ],
  run({ key, entries }, { read, write }) {
    const hash = read.hash(key)
    if (entries.some(({ field }) => hash.has(field))) return 0
    write.hash(key).set(entries)
    return reply.ok
  },
})

export default defineModule({ name: 'sh.matt.hmsetnx', version: '0.5.0', requires: '^1', commands: [hmsetnx] })
