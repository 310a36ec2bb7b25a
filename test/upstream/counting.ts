import { command, defineModule, t } from 'krmt/module'

/** Commands to count with, and to read and write several keys with. */
export const counting = defineModule({
  name: 'counting',
  version: '1.0.0',
  requires: '^1',
  commands: [
    command({
      name: 'bump',
      summary: 'Adds one to a number, in a string and in a hash.',
      flags: ['write'],
      args: { string: t.key(), hash: t.key() },
      run({ string, hash }, { read, write }) {
        const next = Number(read.string(string).get() ?? 0) + 1
        write.string(string).set(next)
        write.hash(hash).set('n', next)
        return next
      },
    }),
    command({
      name: 'count',
      summary: 'Adds one to a number.',
      flags: ['write'],
      args: { key: t.key() },
      run({ key }, { read, write }) {
        const next = Number(read.string(key).get() ?? 0) + 1
        write.string(key).set(next)
        return next
      },
    }),
    command({
      name: 'peek',
      summary: 'The value of a key.',
      flags: ['readonly'],
      args: { key: t.key() },
      run: ({ key }, { read }) => read.string(key).get(),
    }),
    command({
      name: 'both',
      summary: 'The values of a key, and of another one that is not among the arguments.',
      flags: ['readonly'],
      args: { key: t.key(), other: t.bytes() },
      run: ({ key, other }, { read }) => [read.string(key).get(), read.string(other).get()],
    }),
    command({
      name: 'follow',
      summary: 'Follows a key to the key that it names, if there is one, and adds one there.',
      flags: ['write'],
      args: { key: t.key() },
      run({ key }, { read, write }) {
        const name = read.string(key).get()
        if (name === null) return read.string('{elsewhere}fallback').get()
        const next = Number(read.string(name).get() ?? 0) + 1
        write.string(name).set(next)
        return next
      },
    }),
    command({
      name: 'put',
      summary: 'Writes a key that is not among the arguments.',
      flags: ['write'],
      args: { key: t.key(), other: t.bytes() },
      run({ key, other }, { write }) {
        write.string(key).set('1')
        write.string(other).set('2')
        return 'done'
      },
    }),
    command({
      name: 'addto',
      summary: 'Reads a key, and appends its value to another one that it does not read.',
      flags: ['write'],
      args: { key: t.key(), other: t.key() },
      run({ key, other }, { read, write }) {
        write.call('APPEND', other, read.string(key).get() ?? 'none')
        return 'done'
      },
    }),
    command({
      name: 'away',
      summary: 'Reads another database.',
      flags: ['readonly'],
      args: { key: t.key() },
      run: ({ key }, { read }) => read.database(1).string(key).get(),
    }),
    command({
      name: 'size',
      summary: 'The number of all keys.',
      flags: ['readonly'],
      run: (_args, { read }) => String(read.call('DBSIZE')),
    }),
  ],
})
