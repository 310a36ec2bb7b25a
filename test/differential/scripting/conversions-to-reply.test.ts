import { expect, test } from 'vitest'
import { connect, type Reply } from '../../support/resp-client.js'
import { describeScripts, lua } from '../../support/scripts.js'

describeScripts('what a script returns becomes a reply', ({ each, script, servers }) => {
  each(
    'numbers are truncated towards zero and then are 64-bit integers',
    lua`
      return 0
      return -0
      return 1
      return 3.99
      return -3.99
      return 0.5
      return -0.5
      return 1e3
      return 2^31
      return -2^31 - 1
      return 2^32 + 0.9
      return 2^53
      return 2^53 + 1
      return 9007199254740993
      return -2^53
      return 2^62
      return 2^63 - 1024
      return -2^63
      return 123456789012345678
      return 0x7fffffff
      return {1.9, -1.9, 2^40, 0.1}
    `,
  )

  each(
    'numbers that are no 64-bit integer',
    lua`
      return 2^63
      return 2^64
      return -2^64
      return 1e300
      return -1e300
      return math.huge
      return -math.huge
      return 0/0
      return -(0/0)
      return {2^63, -2^63 - 4096, 1e19, 0/0, 1/0, -1/0}
    `,
  )

  each(
    'booleans, nil and nothing',
    lua`
      return true
      return false
      return nil
      return
      local a
      return {true, false}
      return {false}
      return {true, true, 1}
      return {false, nil, 1}
      return not nil
      return 1 == 1
      return 1 == 2
    `,
  )

  each(
    'strings are bulk strings, of any bytes',
    lua`
      return 'hello'
      return ''
      return '\r\n'
      return 'a\0b'
      return '\0\1\127\128\254\255'
      return 'déjà'
      return '10'
      return 10 .. ''
      return [[a
      return '-ERR not an error'
      return '+OK'
      return ':1'
      return ('x'):rep(20)
      return #('x'):rep(100000)
      return ('0123456789'):rep(1000)
    `,
  )

  each(
    'tables are arrays, up to the first nil',
    lua`
      return {}
      return {1, 2, 3}
      return {1, '2', 3.7, 'foo', {bar = 1}}
      return {1, nil, 3}
      return {nil, 2}
      return {[1] = 'a', [2] = 'b', [4] = 'd'}
      return {[0] = 'zero', [1] = 'one'}
      return {a = 1, b = 2}
      return {1, 2, a = 3}
      return {[1.0] = 'x', [2.5] = 'y'}
      return {['1'] = 'x'}
      return {{}, {{}}, {{{}}}}
      return {{1, {2, {3, {4}}}}, 5}
      return {{1, nil, 2}, 3, nil, 4}
      return {1, {nil}, 2}
      return {unpack({1, 2, 3})}
      return {unpack({1, 2, 3}, 2)}
      local t = {} for i = 1, 1000 do t[i] = i end return t
      local t = {} for i = 1, 300 do t[i] = {i, tostring(i)} end return t
      local t = setmetatable({}, {__index = function(_, i) if i < 4 then return i * i end end}) return t
      local t = setmetatable({1, 2, 3}, {__index = {'x', 'y', 'z', 'w'}}) return t
      local t = setmetatable({}, {__index = {ok = 'from a metatable'}}) return t
      local t = setmetatable({}, {__index = {err = 'from a metatable'}}) return t
      local t = {1, 2, 3} t[2] = nil return t
      local t = {1, 2, 3} table.remove(t, 1) return t
    `,
  )

  each(
    'what is neither is null',
    lua`
      return tostring
      return function() end
      return coroutine.create(function() end)
      return string.gsub
      return {tostring, 1}
      return {1, function() end, 2}
      return {coroutine.create(function() end)}
      return cjson.null
      return {cjson.null, 1}
      return {1, cjson.null}
      return {{cjson.null}}
      return cjson.decode('[null, 1]')
      return cjson.decode('[1, null]')
      return setmetatable({}, {__call = function() return 1 end})
      return setmetatable({}, {__tostring = function() return 'x' end})
    `,
  )

  each(
    'several values: the first one counts',
    lua`
      return 1, 2, 3
      return nil, 1
      return 'a', redis.error_reply('b')
      return {1}, {2}
      return unpack({4, 5, 6})
      return unpack({})
      return (unpack({4, 5, 6}))
      return pcall(error, 'x')
      return select('#', 1, 2, 3)
      return select(2, 'a', 'b', 'c')
      return ('abc'):find('b')
      return ('abc'):gsub('b', 'x')
    `,
  )

  each(
    '{ok=} is a status',
    lua`
      return {ok = 'OK'}
      return {ok = 'fine and dandy'}
      return {ok = ''}
      return {ok = 'a\r\nb'}
      return {ok = 'a\0b'}
      return {ok = '\255'}
      return {ok = 1}
      return {ok = 1.5}
      return {ok = 1e100}
      return {ok = true}
      return {ok = false}
      return {ok = {}}
      return {ok = {1, 2}}
      return {ok = tostring}
      return {ok = 'OK', 1, 2}
      return {ok = true, 1, 2}
      return {{ok = 'A'}, {ok = 'B'}}
      return redis.status_reply('FINE')
      return redis.status_reply('')
      return {redis.status_reply('A'), 1, redis.status_reply('B')}
    `,
  )

  each(
    '{err=} is an error',
    lua`
      return {err = 'ERR bad'}
      return {err = 'bad'}
      return {err = '-bad'}
      return {err = ''}
      return {err = '-'}
      return {err = ' bad'}
      return {err = 'MY CODE\r\nwith\nlines\r'}
      return {err = 'a\0b'}
      return {err = 'caf\195\169 \255'}
      return {err = 1}
      return {err = 1.5}
      return {err = true}
      return {err = false}
      return {err = {}}
      return {err = 'bad', 1, 2}
      return {err = {}, 1, 2}
      return {err = 'bad', ok = 'good'}
      return {err = true, ok = 'good'}
      return {{err = 'A'}, 1, {err = 'B b'}}
      return {err = 'X', source = 'here', line = '7'}
      return {err = 'X', ignore_error_stats_update = true}
      return redis.error_reply('MYERR of mine')
      return {1, redis.error_reply('MYERR'), {redis.error_reply('B')}}
    `,
  )

  each(
    '{double=}',
    lua`
      return {double = 3.25}
      return {double = 0.1}
      return {double = 1/3}
      return {double = 100}
      return {double = -0}
      return {double = 0}
      return {double = -1e-7}
      return {double = 1e17}
      return {double = 1e300}
      return {double = 5e-324}
      return {double = 1.7976931348623157e308}
      return {double = 2^53}
      return {double = 123456789.123456789}
      return {double = 1/0}
      return {double = -1/0}
      return {double = '3.5'}
      return {double = 'x'}
      return {double = true}
      return {double = {}}
      return {double = '1', 1, 2}
      return {{double = 1.5}, {double = 2.5}}
      return {double = 1.5, ok = 'OK'}
      return {double = 1.5, map = {a = 1}}
    `,
  )

  each(
    '{map=}',
    lua`
      return {map = {}}
      return {map = {a = 1}}
      return {map = {[1] = 'one'}}
      return {map = {[1.5] = 'x'}}
      return {map = {[true] = false}}
      return {map = {'x'}}
      return {map = {a = {b = {c = 'd'}}}}
      return {map = {a = {map = {b = {map = {c = 1}}}}}}
      return {map = {a = {set = {x = true}}}}
      return {map = {a = {double = 2.5}}}
      return {map = {[{ok = 'key'}] = {err = 'value'}}}
      return {map = {[{1, 2}] = {3, 4}}}
      return {map = 'x'}
      return {map = 1}
      return {map = true}
      return {map = 'x', 1, 2}
      return {{map = {a = 1}}, {map = {b = 2}}}
      return {map = {a = 1}, set = {b = true}}
      return {map = {a = tostring}}
      return {map = {a = cjson.null}}
      return {map = {['\0\r\n'] = '\255'}}
      return {map = setmetatable({}, {__index = {a = 1}})}
    `,
  )

  each(
    '{set=}',
    lua`
      return {set = {}}
      return {set = {a = true}}
      return {set = {a = 1}}
      return {set = {a = false}}
      return {set = {'x'}}
      return {set = {[1.5] = true}}
      return {set = {[true] = true}}
      return {set = {[{1, 2}] = true}}
      return {set = {[{set = {y = true}}] = true}}
      return {set = {[{double = 0.5}] = true}}
      return {set = 'x'}
      return {set = 1}
      return {set = true}
      return {set = 'x', 7, 8}
      return {{set = {a = true}}, {set = {}}}
      return {set = {a = true}, double = 1.5}
    `,
  )

  script(
    'maps and sets of several members have them all',
    { resp: [2, 3] },
    lua`
      -- Their order is that of the table, which the bytes of the keys decide: the same on both.
      return {
        {map = {one = 1, two = 2, three = 3, four = 4, five = 5}},
        {set = {apple = true, pear = true, plum = true, cherry = true}},
        {map = {[1] = 'a', [2] = 'b', [3] = 'c', x = 'd'}},
        {set = {[1] = true, [2] = true, [10] = true, z = true}},
      }
    `,
  )

  each(
    '{big_number=}',
    lua`
      return {big_number = '1234567890123456789012345678901234567890'}
      return {big_number = '-1'}
      return {big_number = '1'}
      return {big_number = ''}
      return {big_number = 'not a number'}
      return {big_number = 'a\r\nb'}
      return {big_number = 12}
      return {big_number = 1.5}
      return {big_number = true}
      return {big_number = {}}
      return {big_number = {}, 1}
      return {{big_number = '1'}, {big_number = '2'}}
      return {big_number = '1', double = 2}
    `,
  )

  each(
    '{verbatim_string=}',
    lua`
      return {verbatim_string = {format = 'txt', string = 'hello'}}
      return {verbatim_string = {format = 'mkd', string = '# Title'}}
      return {verbatim_string = {format = 'txt', string = ''}}
      return {verbatim_string = {format = 'abc', string = 'a\r\n\0\255'}}
      return {verbatim_string = {format = 'x', string = 'short'}}
      return {verbatim_string = {format = '', string = 'none'}}
      return {verbatim_string = {format = 'longer', string = 'long'}}
      return {verbatim_string = {format = 123, string = 456}}
      return {verbatim_string = {format = 'txt', string = 1.5}}
      return {verbatim_string = {format = 'txt'}}
      return {verbatim_string = {string = 'x'}}
      return {verbatim_string = {format = true, string = 'x'}}
      return {verbatim_string = {format = 'txt', string = {}}}
      return {verbatim_string = {}}
      return {verbatim_string = {}, 1, 2}
      return {verbatim_string = 'x'}
      return {verbatim_string = 'x', 1, 2}
      return {{verbatim_string = {format = 'txt', string = 'a'}}, 1}
      return {verbatim_string = {format = 'txt', string = 'a'}, big_number = '1'}
    `,
  )

  each(
    'which field counts, where there are several',
    lua`
      return {err = 'e', ok = 'o', double = 1.5, map = {a = 1}, set = {b = true}, big_number = '1', verbatim_string = {format = 'txt', string = 'v'}}
      return {ok = 'o', double = 1.5, map = {a = 1}, set = {b = true}, big_number = '1', verbatim_string = {format = 'txt', string = 'v'}}
      return {double = 1.5, map = {a = 1}, set = {b = true}, big_number = '1', verbatim_string = {format = 'txt', string = 'v'}}
      return {map = {a = 1}, set = {b = true}, big_number = '1', verbatim_string = {format = 'txt', string = 'v'}}
      return {set = {b = true}, big_number = '1', verbatim_string = {format = 'txt', string = 'v'}}
      return {big_number = '1', verbatim_string = {format = 'txt', string = 'v'}}
      return {null = 1}
      return {bool = true}
      return {nil_value = 1}
    `,
  )

  each(
    'a hundred levels',
    lua`
      local t = 1 for i = 1, 100 do t = {t} end return t
      local t = 1 for i = 1, 100 do t = {map = {k = t}} end return t
      local t = 'x' for i = 1, 100 do t = {set = {[t] = true}} end return t
    `,
  )

  // A cycle, or depth without end, is cut off at a level that must be the same: how deep the reply is, and what is there.
  for (const source of [
    'local t = {} for i = 1, 8000 do t = {t} end return t',
    'local t = {} for i = 1, 7000 do t = {t} end return t',
    'local t = {} t[1] = t return t',
    'local t = {1, {2}} t[3] = t return t',
    'local t = {map = {}} t.map.k = t return t',
    'local t = {set = {}} t.set[t] = true return t',
    'local t = 1 for i = 1, 8000 do t = {map = {k = t}} end return t',
  ]) {
    test(`levels without end: ${source}`, async () => {
      const { krmt, redis } = servers()
      const [ours, theirs] = await Promise.all([krmt, redis].map(({ socketPath }) => evaluateDeep(socketPath, source)))
      expect(ours).toEqual(theirs)
    })
  }

  each(
    'fields with metatables are read raw, or not',
    lua`
      return setmetatable({1}, {__index = function(_, k) if k == 'double' then return 2.5 end end})
      return setmetatable({1}, {__index = function(_, k) error('asked for ' .. tostring(k)) end})
      return {setmetatable({1}, {__index = function(_, k) error('asked for ' .. tostring(k)) end})}
      return setmetatable({map = {a = 1}}, {__pairs = function() error('x') end})
      return setmetatable({}, {__len = function() return 2 end, __index = function() return 'x' end}) and 1
    `,
  )
})

interface DeepReply {
  /** How many arrays there are, each the last element of the one before, and what they look like. */
  depth: number
  shapes: string[]
  /** The last element of the last of them. */
  innermost: Reply
  /** What the connection answers next. */
  next: Reply
}

/** A reply of which neither the text nor the comparison may be recursive. */
async function evaluateDeep(path: string, source: string): Promise<DeepReply> {
  const client = await connect({ path })
  try {
    let innermost = await client.send('EVAL', source, 0)
    const shapes = new Set<string>()
    for (let depth = 0; ; depth++) {
      const inner = innermost.type === 'array' ? innermost.items.at(-1) : undefined
      if (innermost.type !== 'array' || inner === undefined)
        return { depth, shapes: [...shapes], innermost, next: await client.send('PING') }
      shapes.add(`array of ${innermost.items.length}`)
      innermost = inner
    }
  } finally {
    await client.close()
  }
}
