/** What is compared with krmt's own server, with a gateway in its place: commands on values. */
import { compareGateway } from '../support/differential.js'

compareGateway()
await import('../differential/bits.test.js')
await import('../differential/hashes.test.js')
await import('../differential/lists.test.js')
await import('../differential/sets.test.js')
await import('../differential/sorted-sets.test.js')
await import('../differential/sorted-sets-algebra.test.js')
await import('../differential/sorted-sets-range.test.js')
await import('../differential/strings.test.js')
await import('../differential/strings-parts.test.js')
await import('../differential/strings-counters.test.js')
