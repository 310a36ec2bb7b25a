import { describe, expect, test } from 'vitest'
import { ReplyError } from '../errors.js'
import { Status } from '../resp/reply-reader.js'
import { endpointAt } from './address.js'
import { redirectionIn, redirectionOf } from './redirection.js'

const asked = endpointAt('10.0.0.1', 7001, undefined)
const at = (host: string, port: number) => endpointAt(host, port, undefined)

describe('a reply that says that a command has not been carried out', () => {
  test.each([
    ['MOVED 3999 10.0.0.2:7002', 'moved', 3999, at('10.0.0.2', 7002)],
    ['ASK 0 10.0.0.2:7002', 'ask', 0, at('10.0.0.2', 7002)],
    ['MOVED 1 ::1:7002', 'moved', 1, at('::1', 7002)],
    ['MOVED 1 :7002', 'moved', 1, at('10.0.0.1', 7002)],
    ['MOVED 1 node.example:7002', 'moved', 1, at('node.example', 7002)],
    ['MOVED 1 ?:7002', 'moved', 1, undefined],
    ['MOVED 1 10.0.0.2:0', 'moved', 1, undefined],
    ['MOVED 1 10.0.0.2:99999', 'moved', 1, undefined],
    ['TRYAGAIN Multiple keys request during rehashing of slot', 'wait', undefined, undefined],
    ['CLUSTERDOWN Hash slot not served', 'wait', undefined, undefined],
    ['CLUSTERDOWN The cluster is down', 'wait', undefined, undefined],
    ['LOADING Redis is loading the dataset in memory', 'wait', undefined, undefined],
    ['LOADING Valkey is loading the dataset in memory', 'wait', undefined, undefined],
    ["READONLY You can't write against a read only replica.", 'wait', undefined, undefined],
    ["MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", 'wait', undefined, undefined],
    [
      'UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)',
      'wait',
      undefined,
      undefined,
    ],
  ])('%s', (text, kind, slot, to) => {
    expect(redirectionOf(new ReplyError(text), 'cluster', asked)).toMatchObject({ kind, slot, to })
  })

  test.each([
    'MOVED',
    'MOVED x y',
    'MOVED 16384 10.0.0.2:7002',
    'MOVED 1 10.0.0.2',
    'MOVED 1 10.0.0.2:7002 or so',
    'ASK me',
    'TRYAGAIN later',
    'LOADING the truck',
    'CLUSTERDOWN',
    'READONLY mode',
    'UNBLOCKED client unblocked via CLIENT UNBLOCK',
    'WRONGTYPE Operation against a key holding the wrong kind of value',
    'ERR MOVED 1 10.0.0.2:7002',
  ])('%s is none: a script may have made it', text => {
    expect(redirectionOf(new ReplyError(text), 'cluster', asked)).toBeUndefined()
  })

  test('depends on what the server is one of', () => {
    const moved = new ReplyError('MOVED 1 10.0.0.2:7002')
    const readOnly = new ReplyError("READONLY You can't write against a read only replica.")
    expect(redirectionOf(moved, 'sentinel', asked)).toBeUndefined()
    expect(redirectionOf(readOnly, 'sentinel', asked)).toMatchObject({ kind: 'wait' })
    expect(redirectionOf(readOnly, 'server', asked)).toBeUndefined()
  })

  test('counts only if a transaction has not been carried out', () => {
    const moved = new ReplyError('MOVED 1 10.0.0.2:7002')
    const transaction = [['MULTI'], ['SET', 'k', 'v'], ['EXEC']]
    const queued = [new Status('OK'), new Status('QUEUED')]
    const aborted = new ReplyError('EXECABORT Transaction discarded because of previous errors.')
    expect(redirectionIn(transaction, [...queued, moved], 'cluster', asked)).toMatchObject({ kind: 'moved' })
    expect(redirectionIn(transaction, [queued[0]!, moved, aborted], 'cluster', asked)).toMatchObject({ kind: 'moved' })
    expect(redirectionIn(transaction, [...queued, [moved]], 'cluster', asked)).toBeUndefined()
    expect(redirectionIn(transaction, [...queued, null], 'cluster', asked)).toBeUndefined()
    expect(redirectionIn([['GET', 'k']], [[moved]], 'cluster', asked)).toBeUndefined()
  })
})
