import { command, defineModule, reply } from 'krmt/module'

const pong = <Name extends string>(name: Name) =>
  command({
    name,
    summary: 'Answers POOOOOOOOOONG.',
    flags: ['fast'],
    examples: [[name, 'POOOOOOOOOONG']],
    run: () => reply.status('POOOOOOOOOONG'),
  })

const pinger = command({
  name: 'pinger',
  summary: 'Answers as PING does.',
  flags: ['fast'],
  examples: [['pinger', 'PONG']],
  run: (_args, { forward }) => forward('PING'),
})

export default defineModule({
  name: 'sh.matt.test.pong',
  version: '0.5.0',
  requires: '^1',
  commands: [pong('poong'), pong('pooooong'), pong('pooong'), pinger],
  load: ({ log }) => log.notice('poong says hello'),
  cleanup: (_state, { log }) => log.notice('poong says goodbye'),
})
