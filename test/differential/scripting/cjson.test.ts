import { describeScripts, lua } from '../../support/scripts.js'

describeScripts('cjson', ({ values, each }) => {
  values(
    'encode: scalars',
    lua`
      cjson.encode(nil), cjson.encode(true), cjson.encode(false), cjson.encode(cjson.null)
      cjson.encode(0), cjson.encode(1), cjson.encode(-1), cjson.encode(1.5), cjson.encode(-0), cjson.encode(0.1), cjson.encode(1/3)
      cjson.encode(1e15), cjson.encode(1e16), cjson.encode(1e100), cjson.encode(-1e-7), cjson.encode(123456789012), cjson.encode(2^53), cjson.encode(5e-324)
      cjson.encode(12345678901234567890), cjson.encode(3.14159265358979), cjson.encode(100), cjson.encode(1e14), cjson.encode(99999999999999.9)
      cjson.encode(''), cjson.encode('text'), cjson.encode('"\\/\b\f\n\r\t'), cjson.encode('a\0b\31\127'), cjson.encode('é'), cjson.encode('\255\254'), cjson.encode('</script>')
      cjson.encode('\1\2\3\4\5\6\7\8\11\14\15\16\17\18\19\20\21\22\23\24\25\26\27\28\29\30\31')
      cjson.encode('1'), cjson.encode('true'), cjson.encode('null')
    `,
  )

  values(
    'encode: tables',
    lua`
      cjson.encode({}), cjson.encode({{}}), cjson.encode({1, 2, 3}), cjson.encode({'a', true, cjson.null, 1.5}), cjson.encode({{1}, {2, {3}}})
      cjson.encode({a = 1}), cjson.encode({a = {b = {c = {}}}}), cjson.encode({a = {1, 2}}), cjson.encode({[''] = 1}), cjson.encode({['a"b'] = 1})
      cjson.encode({1, nil, 3}), cjson.encode({nil, nil, 3}), cjson.encode({[3] = 'c'}), cjson.encode({[1] = 'a', [2] = 'b'}), cjson.encode({n = 1, 5})
      cjson.encode({[10] = 1}), cjson.encode({[1] = 1, [9] = 9}), cjson.encode({[1] = 1, [4] = 4, [5] = 5})
      cjson.encode({[0] = 1}), cjson.encode({[-1] = 1}), cjson.encode({[1.5] = 1}), cjson.encode({['1'] = 1}), cjson.encode({[2^40] = 1, a = 2})
      cjson.encode({a = cjson.null}), cjson.encode(setmetatable({1, 2}, {__index = {3}})), cjson.encode(setmetatable({}, {__len = function() return 3 end}))
      cjson.encode({1, 2, x = 3}), cjson.encode({[1] = 1, [2] = 2, x = 'y'}) 
      (function() local t = {} for i = 1, 200 do t[i] = i end return cjson.encode(t) end)()
      (function() local t = {} for i = 1, 100 do t = {t} end return cjson.encode(t) end)()
      cjson.encode({one = 1, two = 2, three = 3, four = 4, five = 5})
    `,
  )

  each(
    'encode: errors',
    lua`
      return cjson.encode()
      return cjson.encode(1, 2)
      return cjson.encode(tostring)
      return cjson.encode({tostring})
      return cjson.encode({a = function() end})
      return cjson.encode(coroutine.create(function() end))
      return cjson.encode({[true] = 1})
      return cjson.encode({[{}] = 1})
      return cjson.encode({[tostring] = 1})
      return cjson.encode(0/0)
      return cjson.encode(1/0)
      return cjson.encode(-1/0)
      return cjson.encode({1, {1/0}})
      return cjson.encode({[1/0] = 1})
      return cjson.encode({[11] = 1})
      return cjson.encode({[1] = 1, [100] = 100})
      return cjson.encode({[1000000] = 1})
      return cjson.encode({1, 2, 3, [20] = 1})
      local t = {} t.t = t return cjson.encode(t)
      local t = {} t[1] = t return cjson.encode(t)
      local t = {} for i = 1, 999 do t = {t} end return #cjson.encode(t)
      local t = {} for i = 1, 1000 do t = {t} end return #cjson.encode(t)
      local t = {} for i = 1, 1001 do t = {t} end return #cjson.encode(t)
      local t = {} for i = 1, 1001 do t = {a = t} end return #cjson.encode(t)
      return cjson.encode({_G})
    `,
  )

  values(
    'decode: scalars',
    lua`
      cjson.decode('null') == cjson.null, cjson.decode('true'), cjson.decode('false'), cjson.decode(' 1 '), cjson.decode('\t\r\n1\n')
      cjson.decode('0'), cjson.decode('-0'), cjson.decode('1.5'), cjson.decode('-1.5e3'), cjson.decode('1E-2'), cjson.decode('1e400'), cjson.decode('12345678901234567890')
      cjson.decode('0x10'), cjson.decode('0X1F'), cjson.decode('-0x10'), cjson.decode('0x1p2'), cjson.decode('0x.8')
      cjson.decode('inf'), cjson.decode('-inf'), cjson.decode('Infinity'), cjson.decode('-Infinity'), cjson.decode('INF'), cjson.decode('nan') ~= nil, cjson.decode('NaN') ~= nil
      cjson.decode('""'), cjson.decode('"text"'), cjson.decode('"\\"\\\\\\/\\b\\f\\n\\r\\t"'), cjson.decode('"\\u0041\\u00e9\\u20ac"'), cjson.decode('"\\ud83d\\ude00"')
      cjson.decode('"\\u0000"'), cjson.decode('"\\u007f\\u0080\\u07ff\\u0800\\uffff"'), cjson.decode('"é"'), cjson.decode('"\255"'), cjson.decode('"\127"')
      cjson.decode('"\\uDBFF\\uDFFF"'), cjson.decode('"\\uABCD\\uabcd"'), cjson.decode('9007199254740993'), cjson.decode('1e-400'), cjson.decode('0.1')
      cjson.decode('1'), cjson.decode(1), cjson.decode(1.5), cjson.decode('01') 
    `,
  )

  values(
    'decode: arrays and objects',
    lua`
      cjson.decode('[]'), cjson.decode('{}'), cjson.decode('[1, 2, 3]'), cjson.decode('[[], {}, [[]]]'), cjson.decode('{"a": 1, "b": [1, {"c": null}]}')
      cjson.decode('[null]')[1] == cjson.null, #cjson.decode('[null, null]'), #cjson.decode('[1, null]'), cjson.decode('{"a": null}').a == cjson.null
      cjson.decode('{"1": "one", "x": {"y": true}}'), cjson.decode('{"a": 1, "a": 2}'), cjson.decode('{"": 1}'), cjson.decode('{"a\\u0000b": 1}')
      cjson.decode(' [ 1 , 2 ] '), cjson.decode('{ "a" : 1 }'), cjson.decode('[true, false, "x", 1.5, {}]'), type(cjson.decode('{}')), #cjson.decode('[]')
      (function() local t = cjson.decode('[' .. ('1,'):rep(999) .. '1]') return #t, t[1000] end)()
      (function() local t, n = cjson.decode(('['):rep(1000) .. (']'):rep(1000)), 0 while t do t = t[1] n = n + 1 end return n end)()
      cjson.decode(cjson.encode({a = {1, 2, {b = 'c'}}, d = cjson.null, e = 1.5, f = 'é\n'}))
      cjson.encode(cjson.decode('[]')), cjson.encode(cjson.decode('{}')), cjson.encode(cjson.decode('[[],{}]')), cjson.encode(cjson.decode('[null]')), cjson.encode(cjson.decode('{"a":[]}'))
    `,
  )

  each(
    'decode: errors',
    lua`
      return cjson.decode()
      return cjson.decode('1', '2')
      return cjson.decode(nil)
      return cjson.decode({})
      return cjson.decode(true)
      return cjson.decode('')
      return cjson.decode(' ')
      return cjson.decode('x')
      return cjson.decode('nul')
      return cjson.decode('nulll')
      return cjson.decode('tru')
      return cjson.decode('True')
      return cjson.decode('TRUE')
      return cjson.decode('1 2')
      return cjson.decode('[1')
      return cjson.decode('[1,')
      return cjson.decode('[1,]')
      return cjson.decode('[,1]')
      return cjson.decode('[1 2]')
      return cjson.decode('[1}')
      return cjson.decode('[')
      return cjson.decode(']')
      return cjson.decode('{')
      return cjson.decode('}')
      return cjson.decode('{}}')
      return cjson.decode('{"a"}')
      return cjson.decode('{"a":}')
      return cjson.decode('{"a":1')
      return cjson.decode('{"a":1,')
      return cjson.decode('{"a":1,}')
      return cjson.decode('{"a" 1}')
      return cjson.decode('{a: 1}')
      return cjson.decode('{1: 1}')
      return cjson.decode('{"a":1 "b":2}')
      return cjson.decode(':')
      return cjson.decode(',')
      return cjson.decode('"')
      return cjson.decode('"a')
      return cjson.decode("'a'")
      return cjson.decode('"\\x41"')
      return cjson.decode('"\\')
      return cjson.decode('"\\u12"')
      return cjson.decode('"\\u12g4"')
      return cjson.decode('"\\uD800"')
      return cjson.decode('"\\uD800\\u0041"')
      return cjson.decode('"\\uD800x"')
      return cjson.decode('"\\uDC00"')
      return cjson.decode('"a\nb"')
      return cjson.decode('"a\tb"')
      return cjson.decode('"a\0b"')
      return cjson.decode('"\1"')
      return cjson.decode('1\0')
      return cjson.decode('[1]\0')
      return cjson.decode('\0')
      return cjson.decode('-')
      return cjson.decode('+1')
      return cjson.decode('.5')
      return cjson.decode('1.')
      return cjson.decode('1e')
      return cjson.decode('--1')
      return cjson.decode('1.2.3')
      return cjson.decode('1x')
      return cjson.decode('0x')
      return cjson.decode('infinit')
      return cjson.decode('-nan') ~= nil
      return cjson.decode('// comment')
      return cjson.decode('[1, /* */ 2]')
      return cjson.decode('\239\187\191[]')
      return cjson.decode('\255\254[\0]\0')
      return cjson.decode('[\0]\0')
      return cjson.decode('é')
      return cjson.decode(('['):rep(1001) .. (']'):rep(1001))
      return cjson.decode(('['):rep(100000))
      return cjson.decode(('{"a":'):rep(1001) .. '1' .. ('}'):rep(1001))
      return cjson.decode('[' .. ('1'):rep(400) .. ' x]')
      return cjson.decode('   \n\n  oops')
    `,
  )

  // A setting stays in force for the scripts that come after it, until it is set again.
  each(
    'settings: numbers that are no JSON',
    lua`
      return {cjson.encode_invalid_numbers()}
      return {cjson.encode_invalid_numbers(true)}
      return {cjson.encode(1/0), cjson.encode(-1/0), cjson.encode({1/0})}
      return {cjson.encode_invalid_numbers('null')}
      return {cjson.encode(0/0), cjson.encode(1/0), cjson.encode({-1/0})}
      return {cjson.encode_invalid_numbers(false)}
      return cjson.encode(1/0)
      return cjson.encode_invalid_numbers('off')
      return cjson.encode_invalid_numbers('on')
      return cjson.encode_invalid_numbers('x')
      return cjson.encode_invalid_numbers(1)
      return cjson.encode_invalid_numbers(true, false)
      return cjson.encode_invalid_numbers(nil)
      return cjson.encode_invalid_numbers('off')
      return {cjson.decode_invalid_numbers()}
      return {cjson.decode_invalid_numbers(false)}
      return cjson.decode('inf')
      return cjson.decode('nan')
      return cjson.decode('-Infinity')
      return cjson.decode('0x10')
      return cjson.decode('[1, 0x10]')
      return cjson.decode('012')
      return cjson.decode('-012')
      return cjson.decode('10')
      return cjson.decode_invalid_numbers('null')
      return cjson.decode_invalid_numbers(true)
      return tostring(cjson.decode('inf'))
    `,
  )

  each(
    'settings: depth',
    lua`
      return cjson.encode_max_depth()
      return cjson.encode_max_depth(2)
      return cjson.encode({{}})
      return cjson.encode({{{}}})
      return cjson.encode({a = {b = {}}})
      return cjson.encode_max_depth(0)
      return cjson.encode_max_depth(-1)
      return cjson.encode_max_depth('x')
      return cjson.encode_max_depth(2^31)
      return cjson.encode_max_depth(1.9)
      return cjson.encode_max_depth()
      return cjson.encode_max_depth(1, 2)
      return cjson.encode_max_depth(nil)
      return cjson.encode_max_depth(1000)
      return cjson.decode_max_depth()
      return cjson.decode_max_depth(2)
      return cjson.encode(cjson.decode('[[1]]'))
      return cjson.decode('[[[1]]]')
      return cjson.decode('{"a":{"b":{}}}')
      return cjson.decode_max_depth(0)
      return cjson.decode_max_depth('x')
      return cjson.decode_max_depth(1000)
    `,
  )

  each(
    'settings: digits of numbers',
    lua`
      return cjson.encode_number_precision()
      return cjson.encode_number_precision(3)
      return {cjson.encode(1/3), cjson.encode(12345), cjson.encode(0.1)}
      return cjson.encode_number_precision(14)
      return {cjson.encode(1/3), cjson.encode(12345)}
      return cjson.encode_number_precision(16)
      return {cjson.encode(1/3), cjson.encode(0.1)}
      return cjson.encode_number_precision(17)
      return cjson.encode(0.1)
      return cjson.encode_number_precision(1)
      return {cjson.encode(1/3), cjson.encode(95), cjson.encode(0.15)}
      return cjson.encode_number_precision(0)
      return cjson.encode_number_precision(18)
      return cjson.encode_number_precision(-1)
      return cjson.encode_number_precision('x')
      return cjson.encode_number_precision('5')
      return cjson.encode_number_precision(14)
    `,
  )

  each(
    'settings: sparse arrays',
    lua`
      return {cjson.encode_sparse_array()}
      return {cjson.encode_sparse_array(true)}
      return {cjson.encode({[1000] = 1}), cjson.encode({[1] = 1, [100] = 2})}
      return {cjson.encode_sparse_array(false, 3, 5)}
      return cjson.encode({[5] = 1})
      return cjson.encode({[6] = 1})
      return cjson.encode({1, 2, 3, [9] = 9})
      return {cjson.encode_sparse_array(true, 0, 0)}
      return cjson.encode({[50] = 1})
      return {cjson.encode_sparse_array(false, 1)}
      return cjson.encode({1, nil, 3})
      return cjson.encode_sparse_array(false, -1)
      return cjson.encode_sparse_array(false, 1, -1)
      return cjson.encode_sparse_array(false, 'x')
      return cjson.encode_sparse_array('x')
      return cjson.encode_sparse_array(1, 2, 3, 4)
      return {cjson.encode_sparse_array(false, 2, 10)}
      return cjson.encode({[11] = 1})
    `,
  )

  each(
    'settings: the buffer that is kept, and what newer versions have',
    lua`
      return cjson.encode_keep_buffer()
      return cjson.encode_keep_buffer(false)
      return cjson.encode({1})
      return cjson.encode_keep_buffer(true)
      return cjson.encode_keep_buffer('on')
      return cjson.encode_keep_buffer('x')
      return cjson.encode_keep_buffer(1)
      return cjson.new == nil
      return type(cjson.new)
      return cjson.decode_array_with_array_mt == nil
      return cjson.empty_array == nil
      return cjson.encode_empty_table_as_object == nil
      return cjson.encode_escape_forward_slash == nil
      return {tostring(cjson.null), type(cjson.null), cjson._NAME, cjson._VERSION}
    `,
  )

  each(
    'cjson.new',
    lua`
      return type(cjson.new())
      local names = {} for name, value in pairs(cjson.new()) do names[#names + 1] = name .. ': ' .. type(value) end table.sort(names) return names
      local mine = cjson.new() mine.encode_max_depth(1) return {cjson.encode({{}}), mine.encode({})}
      local mine = cjson.new() mine.encode_max_depth(1) return mine.encode({{}})
      local mine = cjson.new() mine.encode_number_precision(3) return {mine.encode(1/3), cjson.encode(1/3)}
      local mine = cjson.new() mine.encode = nil return type(cjson.encode)
      local mine = cjson.new() return {mine.null == cjson.null, mine._NAME, mine._VERSION}
      return cjson.new(1, 2) ~= nil
      return cjson.new().new().encode({1})
    `,
  )
})
