import { startGateway } from '../support/gateway-server.js'
import { describeRandomCommands, type Listening } from '../support/random-commands.js'
import { startRedisServer } from '../support/redis-server.js'

describeRandomCommands('random commands through a gateway', { commands: 15_000, start: startWithGateway })
describeRandomCommands('random commands through a gateway, cut anywhere', {
  commands: 15_000,
  isCut: true,
  start: startWithGateway,
})

async function startWithGateway(events: string): Promise<Listening> {
  const redis = await startRedisServer({ args: ['--notify-keyspace-events', events] })
  const gateway = await startGateway({ upstream: `unix:${redis.socketPath}` })
  return {
    socketPath: gateway.socketPath,
    async stop() {
      await gateway.stop()
      await redis.stop()
    },
  }
}
