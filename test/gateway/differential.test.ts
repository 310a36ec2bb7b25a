/** What is compared with krmt's own server, with a gateway in its place: the rest. */
import { compareGateway } from '../support/differential.js'

compareGateway()
await import('../differential/client.test.js')
await import('../differential/command.test.js')
await import('../differential/config-command.test.js')
await import('../differential/connection.test.js')
await import('../differential/expiry.test.js')
await import('../differential/functions.test.js')
await import('../differential/keys.test.js')
await import('../differential/pubsub.test.js')
await import('../differential/scan.test.js')
await import('../differential/server.test.js')
await import('../differential/transactions.test.js')
await import('../differential/scripting/commands.test.js')
await import('../differential/scripting/eval.test.js')
await import('../differential/scripting/functions.test.js')
