import { defineModule, t } from 'krmt/module'
import { geoadd } from './geoadd.js'
import { geodecode, geoencode } from './geoencode.js'
import { georadius, georadiusbymember } from './georadius.js'

export default defineModule({
  name: 'sh.matt.geo',
  version: '0.5.0',
  requires: '^1',
  options: { order: t.optional(t.oneOf('latlong', 'longlat'), 'latlong') },
  commands: ({ order }) => [
    geoadd(order),
    georadius(order),
    georadiusbymember(order),
    geoencode(order),
    geodecode(order),
  ],
})
