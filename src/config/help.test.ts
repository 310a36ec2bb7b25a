import { expect, test } from 'vitest'
import { helpText } from './help.js'
import { parameterNames } from './parameters.js'

test('--help lists every parameter, in 80 columns', () => {
  const text = helpText()
  for (const name of parameterNames) expect(text).toContain(`\n  --${name}\n`)
  expect(text.split('\n').filter(line => line.length > 80)).toEqual([])
  expect(text).toContain(`  --timeout
      Seconds after which an idle client is disconnected; 0 is never.
      (integer, 0 or more; default 0)
`)
})
