import { describeScripts, lua } from '../../support/scripts.js'

describeScripts('cmsgpack', ({ each, values }) => {
  each(
    'pack: numbers',
    lua`
      return {cmsgpack.pack(0), cmsgpack.pack(1), cmsgpack.pack(127), cmsgpack.pack(128), cmsgpack.pack(255), cmsgpack.pack(256)}
      return {cmsgpack.pack(65535), cmsgpack.pack(65536), cmsgpack.pack(2^31 - 1), cmsgpack.pack(2^31), cmsgpack.pack(2^32 - 1), cmsgpack.pack(2^32)}
      return {cmsgpack.pack(2^53), cmsgpack.pack(2^53 + 2), cmsgpack.pack(2^62), cmsgpack.pack(2^63 - 1024)}
      return {cmsgpack.pack(-1), cmsgpack.pack(-32), cmsgpack.pack(-33), cmsgpack.pack(-127), cmsgpack.pack(-128), cmsgpack.pack(-129)}
      return {cmsgpack.pack(-32767), cmsgpack.pack(-32768), cmsgpack.pack(-32769), cmsgpack.pack(-2^31), cmsgpack.pack(-2^31 - 1), cmsgpack.pack(-2^53), cmsgpack.pack(-2^63)}
      return {cmsgpack.pack(1.5), cmsgpack.pack(-1.5), cmsgpack.pack(0.1), cmsgpack.pack(1/3), cmsgpack.pack(1e300), cmsgpack.pack(5e-324), cmsgpack.pack(0.5)}
      return {cmsgpack.pack(1e10 + 0.5), cmsgpack.pack(3.4028234663852886e38), cmsgpack.pack(1e-40), cmsgpack.pack(16777217.5)}
      return {cmsgpack.pack(1/0), cmsgpack.pack(-1/0)}
      return {cmsgpack.pack(-0)}
      return {cmsgpack.pack(2^63), cmsgpack.pack(2^64), cmsgpack.pack(1e19), cmsgpack.pack(-1e19)}
    `,
  )

  each(
    'pack: not a number',
    lua`
      return cmsgpack.pack(0/0)
      return cmsgpack.pack(-(0/0))
    `,
  )

  each(
    'pack: other scalars',
    lua`
      return {cmsgpack.pack(nil), cmsgpack.pack(true), cmsgpack.pack(false)}
      return {cmsgpack.pack(''), cmsgpack.pack('a'), cmsgpack.pack('a\0b'), cmsgpack.pack('\255'), cmsgpack.pack('é')}
      return {cmsgpack.pack(('x'):rep(31)), cmsgpack.pack(('x'):rep(32)), cmsgpack.pack(('x'):rep(255)), cmsgpack.pack(('x'):rep(256))}
      return {cmsgpack.pack(('x'):rep(65535)):sub(1, 5), cmsgpack.pack(('x'):rep(65536)):sub(1, 7), #cmsgpack.pack(('x'):rep(100000))}
      return {cmsgpack.pack(tostring), cmsgpack.pack(cjson.null), cmsgpack.pack(function() end), cmsgpack.pack(coroutine.create(function() end))}
      return {cmsgpack.pack(1, 2, 3), cmsgpack.pack('a', nil, true), cmsgpack.pack({}, {})}
      return {cmsgpack.pack('1'), cmsgpack.pack(1), cmsgpack.pack('1.5')}
    `,
  )

  each(
    'pack: tables',
    lua`
      return {cmsgpack.pack({}), cmsgpack.pack({1}), cmsgpack.pack({1, 2, 3}), cmsgpack.pack({'a', true, 1.5}), cmsgpack.pack({{}, {{}}})}
      return {cmsgpack.pack({a = 1}), cmsgpack.pack({[''] = ''}), cmsgpack.pack({a = {b = {}}}), cmsgpack.pack({[1.5] = 1}), cmsgpack.pack({[true] = false})}
      return {cmsgpack.pack({1, nil, 3}), cmsgpack.pack({nil, 2}), cmsgpack.pack({[2] = 2}), cmsgpack.pack({[0] = 0}), cmsgpack.pack({[-1] = 1})}
      return {cmsgpack.pack({1, x = 2}), cmsgpack.pack({[1] = 'a', [3] = 'c'}), cmsgpack.pack({[1] = 1, [2] = 2}), cmsgpack.pack({n = 1})}
      local t = {} for i = 1, 15 do t[i] = i end return cmsgpack.pack(t)
      local t = {} for i = 1, 16 do t[i] = i end return cmsgpack.pack(t)
      local t = {} for i = 1, 65535 do t[i] = 1 end return cmsgpack.pack(t):sub(1, 5)
      local t = {} for i = 1, 65536 do t[i] = 1 end return cmsgpack.pack(t):sub(1, 7)
      local t = {} for i = 1, 15 do t['k' .. i] = i end return cmsgpack.pack(t)
      local t = {} for i = 1, 16 do t['k' .. i] = i end return cmsgpack.pack(t)
      local t = {} for i = 1, 65536 do t['k' .. i] = 1 end return cmsgpack.pack(t):sub(1, 5)
      return cmsgpack.pack({[{}] = 1})
      return cmsgpack.pack({tostring})
      return cmsgpack.pack({one = 1, two = 2, three = 3})
      return cmsgpack.pack(setmetatable({1}, {__index = {2, 3}}))
      local t = {} for i = 1, 15 do t = {t} end return cmsgpack.pack(t)
      local t = {} for i = 1, 16 do t = {t} end return cmsgpack.pack(t)
      local t = {} for i = 1, 17 do t = {t} end return cmsgpack.pack(t)
      local t = {} for i = 1, 30 do t = {a = t} end return cmsgpack.pack(t)
      local t = {} t[1] = t return cmsgpack.pack(t)
      local t = {} t.t = t return cmsgpack.pack(t)
    `,
  )

  values(
    'unpack: scalars',
    lua`
      cmsgpack.unpack('\0'), cmsgpack.unpack('\127'), cmsgpack.unpack('\255'), cmsgpack.unpack('\224')
      cmsgpack.unpack('\204\255'), cmsgpack.unpack('\205\1\0'), cmsgpack.unpack('\206\255\255\255\255'), cmsgpack.unpack('\207\0\0\0\1\0\0\0\0'), cmsgpack.unpack('\207\255\255\255\255\255\255\255\255')
      cmsgpack.unpack('\208\128'), cmsgpack.unpack('\209\128\0'), cmsgpack.unpack('\210\128\0\0\0'), cmsgpack.unpack('\211\128\0\0\0\0\0\0\0'), cmsgpack.unpack('\211\0\32\0\0\0\0\0\1')
      cmsgpack.unpack('\202\63\192\0\0'), cmsgpack.unpack('\203\63\248\0\0\0\0\0\0'), cmsgpack.unpack('\202\127\128\0\0'), cmsgpack.unpack('\203\255\240\0\0\0\0\0\0')
      cmsgpack.unpack('\192'), cmsgpack.unpack('\194'), cmsgpack.unpack('\195')
      cmsgpack.unpack('\160'), cmsgpack.unpack('\161a'), cmsgpack.unpack('\217\3abc'), cmsgpack.unpack('\218\0\2ab'), cmsgpack.unpack('\219\0\0\0\1x')
      {pcall(cmsgpack.unpack, '\196\2\0\255')}, {pcall(cmsgpack.unpack, '\197\0\1a')}, {pcall(cmsgpack.unpack, '\198\0\0\0\1a')}
      cmsgpack.unpack('\144'), cmsgpack.unpack('\147\1\2\3'), cmsgpack.unpack('\220\0\1\5'), cmsgpack.unpack('\221\0\0\0\1\5'), cmsgpack.unpack('\146\192\1')
      cmsgpack.unpack('\128'), cmsgpack.unpack('\129\161a\1'), cmsgpack.unpack('\222\0\1\161a\1'), cmsgpack.unpack('\223\0\0\0\1\161a\1'), cmsgpack.unpack('\129\1\2'), cmsgpack.unpack('\130\161a\1\161a\2')
      cmsgpack.unpack('\145\145\145\144'), cmsgpack.unpack('\129\161a\129\161b\147\1\192\195')
      {cmsgpack.unpack('\1\2\3')}, {cmsgpack.unpack('\161a\161b')}, cmsgpack.unpack(cmsgpack.pack(1, 'x', {2}, nil, true))
      cmsgpack.unpack(cmsgpack.pack({a = {1, 2, {b = 'c'}}, d = 1.5, e = -7, f = ('x'):rep(40)}))
      cmsgpack.unpack(cmsgpack.pack({1, nil, 3})), cmsgpack.unpack(cmsgpack.pack({[1.5] = true, [0] = false}))
      cmsgpack.unpack('\202\255\192\0\0') ~= nil, cmsgpack.unpack(12)
    `,
  )

  each(
    'unpack: errors',
    lua`
      return cmsgpack.unpack()
      return cmsgpack.unpack(nil)
      return cmsgpack.unpack({})
      return cmsgpack.unpack(true)
      return cmsgpack.unpack('')
      return cmsgpack.unpack('\204')
      return cmsgpack.unpack('\205\1')
      return cmsgpack.unpack('\206\1\2\3')
      return cmsgpack.unpack('\207\1')
      return cmsgpack.unpack('\208')
      return cmsgpack.unpack('\202\1')
      return cmsgpack.unpack('\203\1\2')
      return cmsgpack.unpack('\161')
      return cmsgpack.unpack('\165abc')
      return cmsgpack.unpack('\217')
      return cmsgpack.unpack('\217\5abc')
      return cmsgpack.unpack('\218\1')
      return cmsgpack.unpack('\219\255\255\255\255abc')
      return cmsgpack.unpack('\145')
      return cmsgpack.unpack('\146\1')
      return cmsgpack.unpack('\220\255\255\1')
      return cmsgpack.unpack('\221\255\255\255\255')
      return cmsgpack.unpack('\129')
      return cmsgpack.unpack('\129\161a')
      return cmsgpack.unpack('\223\255\255\255\255')
      return cmsgpack.unpack('\129\192\1')
      return cmsgpack.unpack('\129\203\127\248\0\0\0\0\0\0\1')
      return cmsgpack.unpack('\193')
      return cmsgpack.unpack('\212\1\2')
      return cmsgpack.unpack('\213\1\2\3')
      return cmsgpack.unpack('\199\1\1\1')
      return cmsgpack.unpack('\200\0\1\1\1')
      return cmsgpack.unpack('\1\193')
      return cmsgpack.unpack(('\145'):rep(100) .. '\144') ~= nil
      return cmsgpack.unpack(('\145'):rep(200000))
      return cmsgpack.unpack(('\145'):rep(5000) .. '\1') ~= nil
      return cmsgpack.unpack(('\129\1'):rep(5000) .. '\1') ~= nil
      return #{cmsgpack.unpack(('\1'):rep(5000))}
      return #{cmsgpack.unpack(('\1'):rep(10000))}
    `,
  )

  values(
    'unpack_one and unpack_limit',
    lua`
      cmsgpack.unpack_one('\1\2\3')
      cmsgpack.unpack_one('\1\2\3', 1)
      cmsgpack.unpack_one('\1\2\3', 2)
      cmsgpack.unpack_one('\1')
      cmsgpack.unpack_one('\147\1\2\3\161x')
      cmsgpack.unpack_limit('\1\2\3', 2)
      cmsgpack.unpack_limit('\1\2\3', 2, 1)
      cmsgpack.unpack_limit('\1\2\3', 3)
      cmsgpack.unpack_limit('\1\2\3', 10)
      cmsgpack.unpack_limit('\1\2\3', 0)
      cmsgpack.unpack_limit('\1\2\3', 1, 2)
      (function() local data, at, found = cmsgpack.pack(1, 'x', {2}), 0, {} while at ~= -1 do local v at, v = cmsgpack.unpack_one(data, at) found[#found + 1] = v end return found end)()
    `,
  )

  each(
    'unpack_one and unpack_limit: errors',
    lua`
      return cmsgpack.unpack_one()
      return cmsgpack.unpack_one('')
      return cmsgpack.unpack_one('\1', 1)
      return cmsgpack.unpack_one('\1', 5)
      return cmsgpack.unpack_one('\1', -1)
      return cmsgpack.unpack_one('\1', 'x')
      return cmsgpack.unpack_one('\1', 1.5)
      return cmsgpack.unpack_one('\193')
      return cmsgpack.unpack_limit()
      return cmsgpack.unpack_limit('\1')
      return cmsgpack.unpack_limit('\1', 'x')
      return cmsgpack.unpack_limit('\1', -1)
      return cmsgpack.unpack_limit('\1', 1, -1)
      return cmsgpack.unpack_limit('\1', 1, 9)
      return cmsgpack.unpack_limit('\1', 2^31)
      return cmsgpack.pack()
      return cmsgpack.safe == nil
      return cmsgpack.setmeta
    `,
  )
})
