import { afterAll, beforeAll, describe } from 'vitest'
import { type GatewayServer, startGateway } from '../support/gateway-server.js'
import { startRedisCluster } from '../support/redis-cluster.js'
import { startRedisSentinel } from '../support/redis-sentinel.js'
import { describeWithRedis, startRedisServer } from '../support/redis-server.js'
import { describeKit, kit } from '../upstream/kit-contract.js'

/** Upstreams, as what starts one. */
const upstreams = {
  'a redis-server': async () => {
    const server = await startRedisServer()
    return { url: `redis://127.0.0.1:${server.port}`, stop: () => server.stop() }
  },
  'a Cluster': async () => {
    const cluster = await startRedisCluster()
    return { url: cluster.url(), stop: () => cluster.stop() }
  },
  'a server that Sentinels watch': async () => {
    const sentinel = await startRedisSentinel()
    return { url: sentinel.url(), stop: () => sentinel.stop() }
  },
}

describeWithRedis('the gateway', () => {
  describe.each(Object.entries(upstreams))('in front of %s', (_, start) => {
    let upstream: { readonly url: string; stop(): Promise<void> }
    let gateway: GatewayServer

    beforeAll(async () => {
      upstream = await start()
      gateway = await startGateway({ upstream: upstream.url, modules: kit })
    })
    afterAll(async () => {
      await gateway?.stop()
      await upstream?.stop()
    })

    describeKit(() => `redis://127.0.0.1:${gateway.port}`, true)
  })
})
