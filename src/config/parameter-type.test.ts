import { describe, expect, expectTypeOf, test } from 'vitest'
import { Config } from './config.js'
import { findParameter, parameterNames, parameterOf, type Values } from './parameters.js'

/** What `CONFIG SET name value` makes of a value: its text and its value, or the error's reason. */
function set(name: keyof Values, value: string): unknown {
  const config = new Config({ dir: '/' })
  try {
    config.set([name, value], { isLocal: true })
  } catch (error) {
    return String(error).replace(/^.*\) - /, '')
  }
  return [config.get([name]).get(name), config.values[name]]
}

const notInteger = "argument couldn't be parsed into an integer"
const notMemory = 'argument must be a memory value'
const tooLittle = 'argument must be between 1048576 and 9223372036854775807 inclusive'
const badLimit = 'Error in hard, soft or soft_seconds setting in buffer limit configuration.'

describe('a value is parsed as redis-server does', () => {
  test.each<[keyof Values, string, unknown]>([
    ['timeout', '5', ['5', 5]],
    ['timeout', '0', ['0', 0]],
    ['timeout', '2147483647', ['2147483647', 2147483647]],
    ['timeout', '2147483648', 'argument must be between 0 and 2147483647 inclusive'],
    ['timeout', '-1', 'argument must be between 0 and 2147483647 inclusive'],
    ['timeout', '', notInteger],
    ['timeout', '05', notInteger],
    ['timeout', '+5', notInteger],
    ['timeout', '-0', notInteger],
    ['timeout', ' 5', notInteger],
    ['timeout', '5kb', notInteger],
    ['timeout', '1e3', notInteger],
    ['slowlog-max-len', '9223372036854775807', ['9223372036854775807', 2 ** 63]],
    ['slowlog-max-len', '9223372036854775808', notInteger],
    ['slowlog-log-slower-than', '-1', ['-1', -1]],
    ['slowlog-log-slower-than', '-2', 'argument must be between -1 and 9223372036854775807 inclusive'],
    ['list-max-listpack-size', '-2147483648', ['-2147483648', -2147483648]],
    ['hz', '0', ['1', 1]],
    ['hz', '501', ['500', 500]],
    ['proto-max-bulk-len', '2mb', ['2097152', 2097152]],
    ['proto-max-bulk-len', '2M', ['2000000', 2000000]],
    ['proto-max-bulk-len', '1Gb', ['1073741824', 1073741824]],
    ['proto-max-bulk-len', '5000000b', ['5000000', 5000000]],
    ['proto-max-bulk-len', '05000000', ['5000000', 5000000]],
    ['proto-max-bulk-len', '9223372036854775806', ['9223372036854775806', 2 ** 63]],
    ['proto-max-bulk-len', '9223372036854775808', tooLittle],
    ['proto-max-bulk-len', '1', tooLittle],
    ['proto-max-bulk-len', '', tooLittle],
    ['proto-max-bulk-len', 'mb', tooLittle],
    ['proto-max-bulk-len', '1mbb', notMemory],
    ['proto-max-bulk-len', '-5mb', notMemory],
    ['proto-max-bulk-len', '1.5mb', notMemory],
    ['proto-max-bulk-len', ' 5mb', notMemory],
    // Redis takes this modulo 2^64.
    ['proto-max-bulk-len', '9999999999999gb', notMemory],
    ['protected-mode', 'YES', ['yes', true]],
    ['protected-mode', 'no', ['no', false]],
    ['protected-mode', '', "argument must be 'yes' or 'no'"],
    ['loglevel', 'Verbose', ['verbose', 'verbose']],
    ['loglevel', 'loud', 'argument(s) must be one of the following: debug, verbose, notice, warning'],
    ['requirepass', 'a "b" \xff', ['a "b" \xff', 'a "b" \xff']],
    ['bind', '127.0.0.1 ::1', ['127.0.0.1 ::1', ['127.0.0.1', '::1']]],
    ['bind', '', ['', []]],
    ['bind', 'a '.repeat(16), 'Too many bind addresses specified.'],
    ['notify-keyspace-events', 'KEA', ['AKE', 0b10_0111_1111_1111]],
    ['notify-keyspace-events', 'g$lshzxetd', ['A', 0b10_0111_1111_1100]],
    ['notify-keyspace-events', 'lmg$E', ['g$lEm', 0b1000_0001_1110]],
    ['notify-keyspace-events', 'Q', "Invalid event class character. Use 'Ag$lshzxeKEtmdn'."],
    ['client-output-buffer-limit', 'normal 1 2', 'Wrong number of arguments in buffer limit configuration.'],
    ['client-output-buffer-limit', 'normal  1 2 3', 'Wrong number of arguments in buffer limit configuration.'],
    ['client-output-buffer-limit', 'master 1 2 3', 'Invalid client class specified in buffer limit configuration.'],
    ['client-output-buffer-limit', 'normal x 2 3', badLimit],
    ['client-output-buffer-limit', 'normal 1 -2 3', badLimit],
    ['client-output-buffer-limit', 'normal 1 2 3x', badLimit],
    ['client-output-buffer-limit', 'normal 1 2 9999999999999999999', badLimit],
    [
      'client-output-buffer-limit',
      'normal 9 9 9 REPLICA 1gb 1k 3 normal 4 5 6',
      [
        'normal 4 5 6 slave 1073741824 1000 3 pubsub 33554432 8388608 60',
        {
          normal: { hard: 4, soft: 5, seconds: 6 },
          slave: { hard: 2 ** 30, soft: 1000, seconds: 3 },
          pubsub: { hard: 2 ** 25, soft: 2 ** 23, seconds: 60 },
        },
      ],
    ],
    ['save', '', ['', '']],
    ['save', '3600 1', 'krmt keeps no data on disk yet'],
    ['save', '0 1', 'Invalid save parameters'],
    ['save', '1', 'Invalid save parameters'],
    ['appendonly', 'no', ['no', false]],
    ['appendonly', 'yes', 'krmt keeps no data on disk yet'],
    ['appendonly', 'maybe', "argument must be 'yes' or 'no'"],
  ])('%s %j', (name, value, expected) => expect(set(name, value)).toEqual(expected))
})

test('values have the types that the table gives them', () => {
  const { values } = new Config({ dir: '/' })
  expectTypeOf(values.maxclients).toEqualTypeOf<number>()
  expectTypeOf(values['protected-mode']).toEqualTypeOf<boolean>()
  expectTypeOf(values.loglevel).toEqualTypeOf<'debug' | 'verbose' | 'notice' | 'warning'>()
  expectTypeOf(values.bind).toEqualTypeOf<readonly string[]>()
  expectTypeOf(values['client-output-buffer-limit'].pubsub.soft).toEqualTypeOf<number>()
  expectTypeOf(values['module-add'][0]).toEqualTypeOf<
    { readonly path: string; readonly args: readonly string[] } | undefined
  >()
  // @ts-expect-error no such parameter
  expect(values.nosuch).toBeUndefined()
})

test('every parameter is described in one sentence, and no name is given twice', () => {
  const names = parameterNames.flatMap(name => [name, ...(parameterOf(name).aliases ?? [])])
  expect(new Set(names).size).toBe(names.length)
  for (const name of parameterNames) expect(parameterOf(name).summary, name).toMatch(/^[^.].*[^.]\.$/)
  expect(findParameter('HASH-max-ZIPLIST-entries')).toBe('hash-max-listpack-entries')
  expect(findParameter('nosuch')).toBeUndefined()
})
