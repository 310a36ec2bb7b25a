import { expect, test } from 'vitest'
import { builtinCommands } from '../../src/commands/builtin.js'
import { commandNames, leftOut } from '../support/command-grammar.js'
import { startKrmtServer } from '../support/krmt-server.js'
import { describeRandomCommands } from '../support/random-commands.js'

describeRandomCommands('random commands', {
  commands: 50_000,
  start: events => startKrmtServer({ config: { 'notify-keyspace-events': events } }),
  define() {
    test('leave no command on data out', () => {
      const groups = ['generic', 'string', 'bitmap', 'hash', 'list', 'set', 'sorted-set', 'transactions']
      const known = commandNames()
      const missing = builtinCommands.filter(({ name, group }) => groups.includes(group) && !known.has(name))
      expect(missing.map(({ name }) => name)).toEqual(Object.keys(leftOut))
    })
  },
})
