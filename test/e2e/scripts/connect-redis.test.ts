import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { RedisStore } from 'connect-redis'
import session, { Cookie, type SessionData } from 'express-session'
import { describe, expect, test } from 'vitest'
import { describeOnServers, eventually, nodeRedis } from './servers.js'

declare module 'express-session' {
  interface SessionData {
    user: string
    visits: number
  }
}

type StoreOptions = Omit<ConstructorParameters<typeof RedisStore>[0], 'client'>
type Middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void

const DAY = 86_400
const COOKIE = new Cookie()

/** A browser with its cookies, which speaks to one web server. */
interface Browser {
  cookie: string | undefined
  get(path: string): Promise<unknown>
}

// This library runs no scripts. It stands here because the programs that need the others need sessions as well.
describeOnServers('connect-redis', server => {
  describe.each([2, 3] as const)('RESP%i', RESP => {
    const storeOf = async (options: StoreOptions = {}): Promise<RedisStore> =>
      new RedisStore({ client: await nodeRedis(server, RESP), ...options })

    /** A web server that counts the visits of each session. Its answers are JSON. */
    async function serve(options: Partial<session.SessionOptions> & { store: RedisStore }): Promise<() => Browser> {
      // express-session is typed for express, but asks for no more than Node has.
      const middleware = session({
        secret: 'not a secret',
        resave: false,
        saveUninitialized: false,
        ...options,
      }) as unknown as Middleware
      const web = createServer((request, response) => {
        middleware(request, response, error => {
          const { session: mine } = request as IncomingMessage & { session: session.Session & Partial<SessionData> }
          const answer = (body: unknown): void => void response.end(JSON.stringify(body))
          if (error !== undefined) answer({ error: String(error) })
          else if (request.url === '/logout') mine.destroy(() => answer('gone'))
          else if (request.url === '/renew') mine.regenerate(() => answer('renewed'))
          else if (request.url === '/look') answer({ user: mine.user, visits: mine.visits })
          else {
            mine.visits = (mine.visits ?? 0) + 1
            mine.user ??= request.url?.slice(1) ?? ''
            answer({ user: mine.user, visits: mine.visits })
          }
        })
      })
      web.listen(0, '127.0.0.1')
      await once(web, 'listening')
      server.after(() => {
        web.closeAllConnections()
        web.close()
      })
      const { port } = web.address() as AddressInfo
      return () => ({
        cookie: undefined,
        async get(path) {
          const headers: Record<string, string> = this.cookie === undefined ? {} : { cookie: this.cookie }
          const response = await fetch(`http://127.0.0.1:${port}/${path}`, { headers })
          this.cookie = response.headers.get('set-cookie')?.split(';')[0] ?? this.cookie
          return response.json()
        },
      })
    }

    test('keeps a session from request to request', async () => {
      const store = await storeOf()
      const browser = (await serve({ store }))()
      expect(await browser.get('ada')).toEqual({ user: 'ada', visits: 1 })
      expect(await browser.get('again')).toEqual({ user: 'ada', visits: 2 })

      const redis = server.ioredis()
      const [key = ''] = await redis.keys('*')
      expect(browser.cookie).toContain(`s%3A${key.slice('sess:'.length)}.`)
      expect(JSON.parse((await redis.get(key)) ?? '')).toMatchObject({ user: 'ada', visits: 2, cookie: { path: '/' } })
      expect(await redis.ttl(key)).toSatisfy(isAbout(DAY))
      expect(await store.length()).toBe(1)
    })

    test('is seen by all the web servers that share it', async () => {
      const [first, second] = [await serve({ store: await storeOf() }), await serve({ store: await storeOf() })]
      const browser = first()
      await browser.get('ada')
      const other = second()
      other.cookie = browser.cookie
      expect(await other.get('ada')).toEqual({ user: 'ada', visits: 2 })
    })

    test('ends a session, or gives it another name', async () => {
      const store = await storeOf()
      const browser = (await serve({ store }))()
      await browser.get('ada')
      const [first] = await store.ids()
      await browser.get('renew')
      await browser.get('ada')
      const [second] = await store.ids()
      expect(second).not.toBe(first)
      expect(await store.length()).toBe(1)
      expect(await browser.get('logout')).toBe('gone')
      expect(await store.length()).toBe(0)
      expect(await browser.get('ada')).toEqual({ user: 'ada', visits: 1 })
    })

    test('prolongs a session that is used, and forgets one that is not', async () => {
      const store = await storeOf()
      const browser = (await serve({ store, cookie: { maxAge: 600_000 } }))()
      await browser.get('ada')
      const redis = server.ioredis()
      const [key = ''] = await redis.keys('*')
      expect(await redis.ttl(key)).toSatisfy(isAbout(600))
      await redis.expire(key, 100)
      await browser.get('look')
      expect(await redis.ttl(key)).toSatisfy(isAbout(600))
      await redis.pexpire(key, 20)
      await eventually(() => store.length()).toBe(0)
      expect(await browser.get('ada')).toEqual({ user: 'ada', visits: 1 })
    })

    test('serves many at once', async () => {
      const store = await storeOf()
      const open = await serve({ store })
      const browsers = Array.from({ length: 40 }, open)
      for (let visit = 1; visit <= 3; visit++) {
        const answers = await Promise.all(browsers.map((browser, i) => browser.get(`user${i}`)))
        expect(answers).toEqual(browsers.map((_, i) => ({ user: `user${i}`, visits: visit })))
      }
      expect(await store.length()).toBe(40)
      const sessions: SessionData[] = await store.all()
      expect(sessions.map(({ user }) => user).sort()).toEqual(browsers.map((_, i) => `user${i}`).sort())
    })

    test('lists and clears its sessions, and no others', async () => {
      const store = await storeOf({ prefix: 'shop:', scanCount: 10 })
      const redis = server.ioredis()
      await redis.set('sess:other', '{}')
      await redis.set('shop', 'not a session')
      expect([await store.length(), await store.ids(), await store.all()]).toEqual([0, [], []])
      const names = Array.from({ length: 500 }, (_, i) => `s${i}`)
      await Promise.all(names.map((name, i) => store.set(name, { cookie: COOKIE, user: name, visits: i })))
      expect(await store.length()).toBe(500)
      expect((await store.ids()).sort()).toEqual([...names].sort())
      const all: (SessionData & { id: string })[] = await store.all()
      expect(new Set(all.map(({ id, user, visits }) => `${id} ${user} ${visits}`))).toEqual(
        new Set(names.map((name, i) => `${name} ${name} ${i}`)),
      )
      await store.clear()
      expect(await store.length()).toBe(0)
      expect((await redis.keys('*')).sort()).toEqual(['sess:other', 'shop'])
    })

    test('keeps to the times that it is given', async () => {
      const redis = server.ioredis()
      const ada = { cookie: COOKIE, user: 'Ädä ☃', visits: 1 }
      const store = await storeOf({ ttl: ({ user }) => user.length * 100 })
      await store.set('a', ada)
      expect(await redis.ttl('sess:a')).toSatisfy(isAbout(500))
      expect(await store.get('a')).toMatchObject({ user: 'Ädä ☃' })
      await store.touch('a', { ...ada, user: 'longer name' })
      expect(await redis.ttl('sess:a')).toSatisfy(isAbout(1100))
      expect(await store.get('a')).toMatchObject({ user: 'Ädä ☃' })
      const over = new Cookie()
      over.expires = new Date(Date.now() - 1000)
      await (await storeOf()).set('a', { ...ada, cookie: over })
      expect(await store.get('a')).toBe(null)

      const lasting = await storeOf({ disableTTL: true })
      await lasting.set('b', ada)
      await lasting.touch('b', ada)
      expect(await redis.ttl('sess:b')).toBe(-1)
      await lasting.destroy('b')
      expect(await redis.exists('sess:b')).toBe(0)
    })

    test('runs no scripts', async () => {
      const browser = (await serve({ store: await storeOf() }))()
      for (const path of ['ada', 'look', 'renew', 'ada', 'logout']) await browser.get(path)
      const calls = await server.calls()
      expect(calls).toMatchObject({ get: 4, set: 3, expire: 1, del: 2 })
      expect(Object.keys(calls).filter(command => /^(eval|fcall)/.test(command))).toEqual([])
    })
  })
})

/** No more than so many seconds, and no less than a slow machine may have used up of them. */
function isAbout(seconds: number): (actual: number) => boolean {
  return actual => actual <= seconds && actual > seconds - 15
}
