import type { CommandDefinition } from '../registry/definition.js'
import { bitCommands } from './bits.js'
import { clientCommands } from './client.js'
import { commandCommands } from './command.js'
import { configCommands } from './config.js'
import { connectionCommands } from './connection.js'
import { debugCommands } from './debug.js'
import { expireCommands } from './expire.js'
import { functionCommands } from './function.js'
import { hashCommands } from './hash.js'
import { infoCommands } from './info.js'
import { keyCommands } from './keys.js'
import { databaseCommands } from './keys-databases.js'
import { listCommands } from './list.js'
import { listMoveCommands } from './list-move.js'
import { memoryCommands } from './memory.js'
import { moduleCommands } from './module.js'
import { objectCommands } from './object.js'
import { pubsubCommands } from './pubsub.js'
import { scanCommands } from './scan.js'
import { scriptingCommands } from './scripting.js'
import { serverCommands } from './server.js'
import { setCommands } from './set.js'
import { setAlgebraCommands } from './set-algebra.js'
import { slowlogCommands } from './slowlog.js'
import { sortedSetCommands } from './sorted-set.js'
import { sortedSetAlgebraCommands } from './sorted-set-algebra.js'
import { sortedSetPopCommands } from './sorted-set-pop.js'
import { sortedSetRangeCommands } from './sorted-set-range.js'
import { stringCommands } from './string.js'
import { transactionCommands } from './transaction.js'
import { waitCommands } from './wait.js'

/** The commands that the engine brings itself: the module `<builtin>`. */
export const builtinCommands: readonly CommandDefinition[] = [
  ...connectionCommands,
  ...keyCommands,
  ...expireCommands,
  ...scanCommands,
  ...databaseCommands,
  ...objectCommands,
  ...waitCommands,
  ...debugCommands,
  ...stringCommands,
  ...bitCommands,
  ...hashCommands,
  ...listCommands,
  ...listMoveCommands,
  ...setCommands,
  ...setAlgebraCommands,
  ...sortedSetCommands,
  ...sortedSetRangeCommands,
  ...sortedSetPopCommands,
  ...sortedSetAlgebraCommands,
  ...pubsubCommands,
  ...transactionCommands,
  ...scriptingCommands,
  ...functionCommands,
  ...commandCommands,
  ...infoCommands,
  ...configCommands,
  ...clientCommands,
  ...slowlogCommands,
  ...serverCommands,
  ...moduleCommands,
  ...memoryCommands,
]
