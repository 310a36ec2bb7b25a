import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { configReference } from '../../scripts/docs-config.js'

test('docs/config.md says what the table says', async () => {
  await expect(
    configReference(),
    'docs/config.md is out of date. To renew it: npx vitest run src/config/docs.test.ts -u',
  ).toMatchFileSnapshot(fileURLToPath(new URL('../../docs/config.md', import.meta.url)))
})
