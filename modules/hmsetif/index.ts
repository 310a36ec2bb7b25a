import { command, defineModule, reply, t } from 'krmt/module'

/** HMSETIF key checkfield checkvalue field value [field value ...]: sets the fields if another one has a given value. */
const hmsetif = command({
  name: 'hmsetif',
  summary: 'Sets the given hash fields, only if a field of the hash has the given value.',
  complexity: 'O(N) with the number of fields',
  group: 'hash',
  flags: ['write', 'denyoom', 'fast'],
  args: {
    key: t.key(),
    checkfield: t.bytes(),
    checkvalue: t.bytes(),
    entries: t.oneOrMore({ field: t.bytes(), value: t.bytes() }),
  },
  examples: [
    ['HSET door state closed', 1],
    ['HMSETIF door state closed state open by Ada', 'OK'],
    ['HMSETIF door state closed by Bob', 0],
    ['HGETALL door', { state: 'open', by: 'Ada' }],
  ],
  run({ key, checkfield, checkvalue, entries }, { read, write }) {
    if (!read.hash(key).get(checkfield)?.equals(checkvalue)) return 0
    write.hash(key).set(entries)
    return reply.ok
  },
})

export default defineModule({ name: 'sh.matt.hmsetif', version: '0.5.0', requires: '^1', commands: [hmsetif] })
