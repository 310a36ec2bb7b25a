import { expect, test } from 'vitest'
import { longestWait } from './blocking.js'

const FOR_EVER = Number.POSITIVE_INFINITY

test.each([
  ['BLPOP a b 0.1', 100],
  ['brpop a 2', 2000],
  ['BLMOVE a b LEFT RIGHT 0.25', 250],
  ['BRPOPLPUSH a b 1e1', 10_000],
  ['BZPOPMIN a 1', 1000],
  ['BZPOPMAX a 1', 1000],
  ['BLMPOP 3 1 a LEFT', 3000],
  ['BZMPOP 4 1 a MIN COUNT 2', 4000],
  ['XREAD COUNT 1 BLOCK 150 STREAMS a $', 150],
  ['XREADGROUP GROUP g c block 150 streams a >', 150],
  ['WAIT 1 100', 100],
  ['WAITAOF 1 1 100', 100],
  // For ever.
  ['BLPOP a 0', FOR_EVER],
  ['XREAD BLOCK 0 STREAMS a $', FOR_EVER],
  ['WAIT 1 0', FOR_EVER],
  ['BLPOP a 99999999', FOR_EVER],
  ['MODULE.WAIT a 1', FOR_EVER],
  // They do not wait.
  ['XREAD STREAMS block 0', 0],
  ['XREAD STREAMS a 0', 0],
  ['BLPOP a never', 0],
  ['BLPOP a -1', 0],
  ['BLMPOP', 0],
])('%s may take %d ms', (line, expected) => {
  expect(longestWait(line.split(' '))).toBe(expected)
})
