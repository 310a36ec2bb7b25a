import { describeScripts, lua } from '../../support/scripts.js'

describeScripts('sources that Lua does not take, and those that it barely does', ({ each, script }) => {
  each(
    'at the end',
    lua`
      return 1 +
      return (
      return {
      return [[
      return 'x
      return "x
      return '\
      if true then
      if true then return 1
      for i = 1
      for i = 1, 2 do
      while true do
      repeat
      function f(
      local function
      local
      x =
      return [==[ x ]=]
      redis.call('GET'
    `,
  )

  each(
    'in the middle',
    lua`
      syntax error
      return return
      return 1 2
      return 1, 
      x
      x y
      1
      'x'
      'x'()
      1 = 2
      f() = 1
      a, f() = 1, 2
      local a.b = 1
      local 1 = 2
      local a = = 1
      return }
      return )
      return ]
      end
      else
      until true
      then
      do end end
      if x y then end
      if x then else else end
      if true then elseif end
      for 1 = 1, 2 do end
      for i = 1 do end
      for i, j = 1, 2 do end
      for i in do end
      for in x do end
      function f() return 1
      function 1() end
      function a.b:c.d() end
      function(x) end
      local function f.g() end
      local f = function(a, a.b) end
      local f = function(..., a) end
      local f = function(a b) end
      local function f() return ... end
      break
      while true do local f = function() break end end
      return 1; return 2
      return; return
      goto label
      ::label::
      a = 1 // 2
      return 1 & 2
      return 1 | 2
      return ~1
      return 1 << 2
      return a.1
      return a.b.
      return a:b
      return a:b.c
      return not
      return and 1
      return 1 .. 
      return #
      return -
      return {1 2}
      return {1,, 2}
      return {a = }
      return {[1] 2}
      return {[1 = 2}
      return !x
      return 1 != 2
      return a ? b : c
      x += 1
      x++
      return $x
      return @x
      return ${'`'}x${'`'}
      local x <const> = 1
      return function end
      local t = {function() end}()
      return nil = 1
      not x = 1
      true = 1
      self.x.y.z
    `,
  )

  each(
    'numbers and strings',
    lua`
      return 1x
      return 0xg
      return 1e
      return 1e+
      return 1..2
      return 1.2.3
      return 1.
      return .5
      return 5.e1
      return 0x1p4
      return 1_000
      return 1ULL
      return '\q'
      return '\300'
      return '\256'
      return '\255'
      return '\x41'
      return '\u{41}'
      return '\z'
      return '\'
      return "a
      return 'a" .. "b'
      return [=[x]]
      return [=x
      return [x]
      return [==
      return '\1\12\123'
      return '\1234'
    `,
  )

  script('an empty script', '')
  script('a script of a comment', '-- nothing')
  script('a comment that is not closed', '--[[ open')
  script('a comment that is closed twice', '--[[ a ]] ]]')
  script('a script of white space', ' \n\t\r\n ')
  script('a first line that begins with a number sign', '# not a comment here')
  script('a script with a NUL byte', 'return 1\0 + 1')
  script('a NUL byte in a string', "return 'a\0b'")
  script('a NUL byte in a comment', '-- a\0b\nreturn 1')
  script('a byte order mark', '\uFEFFreturn 1')
  script('bytes above 127 in a name', 'local é = 1 return é')
  script('bytes above 127 in a string', "return 'é'")
  script('bytes above 127 where nothing is expected', 'return ¤')
  script('a control character', 'return \u0001')
  script('precompiled code as a script', '\u001bLuaQ')
  script('a long line in an error', `return ${'x'.repeat(300)} y`)
  script('a long string in an error', `x = '${'x'.repeat(300)}' y`)
  script('a syntax error in a later line', 'local a = 1\nlocal b = 2\n\nreturn a +* b\n')
  script('a string that is not closed on its line', "local a = 1\nreturn 'x\n'")
  script('a call whose parenthesis is on the next line', 'local f = tostring\nlocal g = f\n(1)\n')
  script('a block that is not closed, far away', 'if true then\n\n\nreturn 1\n\n')
  script('a function that is not closed', 'local function f()\n  return 1\n\nf()\n')
  script('a table that is not closed', 'local t = {\n  1,\n  2\n\nreturn t')

  script(
    'two hundred local variables',
    Array.from({ length: 200 }, (_, i) => `local v${i} = ${i}`)
      .join('\n')
      .concat('\nreturn v0 + v199'),
  )
  script(
    'more than two hundred local variables',
    Array.from({ length: 201 }, (_, i) => `local v${i} = ${i}`).join('\n'),
  )
  script(
    'more than two hundred local variables in a function',
    `local function f()\n${Array.from({ length: 201 }, (_, i) => `local v${i} = ${i}`).join('\n')}\nend`,
  )
  script(
    'more than sixty upvalues',
    `${Array.from({ length: 61 }, (_, i) => `local v${i} = ${i}`).join('\n')}
    return function() return ${Array.from({ length: 61 }, (_, i) => `v${i}`).join(' + ')} end`,
  )
  script('many constants', `return #{${Array.from({ length: 30000 }, (_, i) => `'s${i}'`).join(',')}}`)
  script(
    'more constants than Lua has room for',
    `return {${Array.from({ length: 270000 }, (_, i) => i + 0.5).join(',')}}`,
  )
  script('a long chain of concatenations', `return ${Array.from({ length: 190 }, () => "'x'").join('..')}`)
  script('a longer chain of concatenations', `return ${Array.from({ length: 300 }, () => "'x'").join('..')}`)
  script('two hundred parentheses', `return ${'('.repeat(190)}1${')'.repeat(190)}`)
  script('more than two hundred parentheses', `return ${'('.repeat(300)}1${')'.repeat(300)}`)
  script('more than two hundred blocks', `${'do '.repeat(300)}${'end '.repeat(300)}`)
  script('more than two hundred tables', `return ${'{'.repeat(300)}${'}'.repeat(300)}`)
  script('more than two hundred functions', `${'return function() '.repeat(300)}${'end '.repeat(300)}`)
  script('more than two hundred unary operators', `return ${'not '.repeat(300)}nil`)
  script(
    'a function of too many parameters',
    `return function(${Array.from({ length: 201 }, (_, i) => `p${i}`).join(',')}) end`,
  )
  script('a call of 250 arguments', `return select('#', ${Array.from({ length: 250 }, (_, i) => i).join(',')})`)
  script('a call of 260 arguments', `return select('#', ${Array.from({ length: 260 }, (_, i) => i).join(',')})`)
  script('an assignment to many variables', `${Array.from({ length: 220 }, (_, i) => `t.a${i}`).join(',')} = 1`)
  script('a jump over much code', `local x = 0\nif x == 1 then\n${'x = x + 1\n'.repeat(140000)}end\nreturn x`)
})
