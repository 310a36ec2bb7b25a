import { describeScripts, lua } from '../../support/scripts.js'

describeScripts('the standard libraries', ({ values, each }) => {
  values(
    'string: lengths, parts, cases',
    lua`
      string.len(''), string.len('a\0b'), string.len(12), ('é'):len()
      ('hello'):sub(2), ('hello'):sub(2, 3), ('hello'):sub(-3), ('hello'):sub(-3, -2), ('hello'):sub(0), ('hello'):sub(10), ('hello'):sub(3, 2)
      ('hello'):sub(-100, 2), ('hello'):sub(2, 100), ('hello'):sub(1.9, 3.9), ('hello'):sub('2', '3'), ('hello'):sub(5, 5)
      ('hello'):sub(2^31), ('hello'):sub(-2^31), ('hello'):sub(1, 2^31), ('hello'):sub(1, 2^40), ('hello'):sub(-2^40, 3), ('hello'):sub(2^53)
      ('hello'):sub(0/0), ('hello'):sub(1, 0/0), ('hello'):sub(1/0), ('hello'):sub(1, 1/0), ('hello'):sub(-1/0)
      ('héllo'):upper(), ('HÉLLO'):lower(), ('a\0b'):upper(), string.upper(1), ('aZ09_'):lower()
      ('abc'):reverse(), (''):reverse(), ('a\0b'):reverse()
      ('ab'):rep(3), ('ab'):rep(0), ('ab'):rep(-1), ('ab'):rep(1), (''):rep(100), ('ab'):rep(2.9), ('ab'):rep('2')
      ('a'):rep(-2^31), ('a'):rep(-2^53), (''):rep(1e6)
      {('abc'):byte()}, {('abc'):byte(2)}, {('abc'):byte(-1)}, {('abc'):byte(10)}, {('abc'):byte(0)}, {('abc'):byte(1, 3)}, {('abc'):byte(2, -1)}
      {('\0\255'):byte(1, 2)}, {(''):byte()}, {('abc'):byte(3, 1)}, {('abc'):byte(-100, 100)}
      string.char(), string.char(97), string.char(97, 98, 0, 255), string.char('65'), string.char(65.9)
      string.len(string.char(0)), #string.char(0, 0, 0)
    `,
  )

  values(
    'string.find and string.match',
    lua`
      {('hello'):find('l')}, {('hello'):find('xyz')}, {('hello'):find('')}, {('hello'):find('', 10)}, {('hello'):find('', 6)}, {('hello'):find('l', 4)}, {('hello'):find('l', -2)}
      {('hello'):find('l+')}, {('hello'):find('(l)(l)')}, {('hello'):find('()ll()')}, {('a.b'):find('.', 1, true)}, {('a.b'):find('%.')}, {('a+b'):find('+', 1, true)}
      {('hello'):find('h', 2)}, {('hello'):find('h', -100)}, {('hello'):find('o', 5)}, {('hello'):find('o', 6)}, {('hello'):find('^h')}, {('hello'):find('^e')}, {('hello'):find('^e', 2)}
      {('a\0b'):find('\0')}, {('a\0b'):find('b')}, {('a\0b'):find('%z')}, {('a\0b'):match('%z(.)')}, {('abc'):find('b\0')}
      {('hello'):match('l+')}, {('hello'):match('(h)(.)')}, {('hello'):match('x')}, {('hello'):match('()')}, {('hello'):match('.-')}, {('hello'):match('.-o')}, {('hello'):match('h.*')}
      {('key = value'):match('^(%w+)%s*=%s*(%w+)$')}, {('  trim  '):match('^%s*(.-)%s*$')}, {('2024-01-02'):match('(%d+)-(%d+)-(%d+)')}
      {('THE (quick) fox'):find('%((%a+)%)')}, {('f(a(b)c)d'):match('%b()')}, {('[[x]]'):match('%b[]')}, {('a(b'):match('%b()')}
      {('THE (quick) fox'):match('%f[%a]%a+')}, {('foo.bar'):match('%f[%w]%w+$')}, {('abc'):find('%f[%z]')}
      {('aaa'):match('a-')}, {('aaa'):match('a-$')}, {('aaa'):match('a?a?a?a?')}, {('aaa'):match('a*')}, {('b'):match('a*')}, {('aXb'):match('%u')}, {('abc123'):match('%a+%d+')}
      {('a-b'):match('[a%-]+')}, {('a]b'):match('[]]')}, {('a^b'):match('[b^]+')}, {('abc'):match('[^a]+')}, {('x-z'):match('[x-z]+')}, {('a-z'):match('[a-]+')}, {('5'):match('[%d]')}, {('é'):match('[^%w]+')}
      {('hello hello'):match('(%w+) %1')}, {('"x" \'y\''):match('(["\'])(.-)%1')}, {('abab'):match('(ab)%1')}, {('aa'):match('(a)%1$')}
      {('a\nb'):match('a.b')}, {('x'):match('%x')}, {('\t'):match('%c')}, {('!'):match('%p')}, {(' '):match('%s')}, {('_'):match('%w')}, {('%'):match('%%')}
      {('a.b'):match('%a%p%a')}, {('AbC'):match('%l')}, {('AbC'):match('%U')}, {('x1'):match('%D')}, {('$100'):match('%$(%d+)')}, {('a$'):match('a$$')}, {('a$b'):match('a$b')}
      {('abc'):find('b', 1, true)}, {('abc'):find('', 2, true)}, {('abc'):find('c', 4, true)}, {('a%b'):find('%', 1, true)}
      {('hello'):find('l', 1.9)}, {('hello'):find('l', '3')}, {string.find(12345, 34)}, {string.match(12345, '%d%d$')}
      {('x'):find('x', 2^31)}, {('x'):find('x', -2^31)}, {('x'):find('x', 2^40)}, {('x'):find('x', 2^53)}, {('xx'):find('x', 1/0)}, {('xx'):find('x', 0/0)}
      #('x'):rep(1000):match('.*'), #('x'):rep(10000):match('.-$'), {(('a'):rep(1000) .. 'b'):find('b')}
    `,
  )

  each(
    'string.find and string.match: bad patterns',
    lua`
      return ('a'):find('[a')
      return ('a'):find('[')
      return ('a'):find('[]')
      return ('a'):find('[^]')
      return ('a'):find('[%')
      return ('a'):find('%')
      return ('a'):find('(a')
      return ('a'):find('a)')
      return ('a'):find('(')
      return ('a'):find(')')
      return ('a'):find('%1')
      return ('a'):find('(a%1)')
      return ('aa'):find('(a)%2')
      return ('a'):find('%b')
      return ('a'):find('%ba')
      return ('a'):find('%f')
      return ('a'):find('%fa')
      return ('a'):find('*') == nil
      return ('a'):find('+')
      return ('a'):find('a**')
      return ('a'):find('^*')
      return ('a'):find('[a-')
      return ('a'):find('[a-%')
      return ('a'):find(('(a)'):rep(33))
      return (('a'):rep(33)):find(('(a)'):rep(33))
      return (('a'):rep(32)):find(('(a)'):rep(32))
      return ('a'):find(('a?'):rep(300) .. 'b')
      return (('x'):rep(300000)):find(('x?'):rep(100))
      return (('a'):rep(5000)):find(('.?'):rep(5000))
      return ('a'):find()
      return ('a'):find(nil)
      return ('a'):find({})
      return ('a'):find('a', 'x')
      return ('a'):find('a', {})
      return string.find()
      return string.find(nil, 'x')
      return string.match('x')
      return string.match()
    `,
  )

  values(
    'string.gsub and string.gmatch',
    lua`
      {('hello'):gsub('l', 'L')}, {('hello'):gsub('l', 'L', 1)}, {('hello'):gsub('x', 'y')}, {('hello'):gsub('', '-')}, {('hello'):gsub('l', '')}, {('hello'):gsub('l', 'L', 0)}
      {('hello world'):gsub('(%w+)', '<%1>')}, {('hello world'):gsub('%w+', '%0 %0')}, {('hello'):gsub('(h)(e)', '%2%1')}, {('abc'):gsub('%w', '%%')}, {('abc'):gsub('b', '%1')}
      {('abc'):gsub('%w', {a = 'A', b = true and 1, c = false})}, {('abc'):gsub('(%w)', {a = 'A'})}, {('a b'):gsub('(%w) (%w)', {a = 'A'})}, {('$x'):gsub('%$(%w+)', {x = '1.5'})}
      {('abc'):gsub('%w', function(c) return c:upper() end)}, {('abc'):gsub('%w', function() end)}, {('abc'):gsub('%w', function() return false end)}, {('abc'):gsub('b', function() return 5 end)}
      {('abc'):gsub('()', function(p) return p end)}, {('abc'):gsub('(a)(b)', function(a, b) return b .. a end)}, {('abc'):gsub('.', function(c) return nil, 'x' end)}
      {('hello'):gsub('^h', 'H')}, {('hello'):gsub('^l', 'L')}, {('hello'):gsub('o$', 'O')}, {('aaa'):gsub('^a', 'b')}, {('aaa'):gsub('a*', 'b')}, {('baaac'):gsub('a*', 'x')}, {('abc'):gsub('.-', 'x')}
      {('a\0b'):gsub('%z', '0')}, {('a\0b'):gsub('\0', '%0%0')}, {('ab'):gsub('a', '\0')}, {('x'):gsub('x', 'a\0b')}
      {('abc'):gsub('b', setmetatable({}, {__index = function(_, k) return k .. '!' end}))}, {('abc'):gsub('%w', '%0', 2)}, {('abc'):gsub('%w', '%0', 2.9)}, {('abc'):gsub('%w', 'x', -1)}, {('abc'):gsub('a', 1)}
      {string.gsub(123, 2, 'x')}, {('abc'):gsub('b', '%%1')}, {('abc'):gsub('b', '%z')}, {('a,b,,c'):gsub(',', ';')}
      {('x'):rep(5):gsub('x', 'y', 3)}, {('äö'):gsub('[\195]', '')}, {('a.b.c'):gsub('%.', '%%')}, {('\\n'):gsub('\\n', '\n')}
      (function() local t = {} for w in ('one two  three'):gmatch('%a+') do t[#t + 1] = w end return t end)()
      (function() local t = {} for k, v in ('a=1, b=2'):gmatch('(%w+)=(%w+)') do t[k] = v end return t end)()
      (function() local t = {} for p in ('abc'):gmatch('()') do t[#t + 1] = p end return t end)()
      (function() local t = {} for w in ('abc'):gmatch('') do t[#t + 1] = w end return #t end)()
      (function() local t = {} for w in ('hello'):gmatch('^h') do t[#t + 1] = w end return t end)()
      (function() local t = {} for w in ('aXbX'):gmatch('(.-)X') do t[#t + 1] = w end return t end)()
      string.gfind == nil, string.gmatch('a', 'a')()
    `,
  )

  each(
    'string.gsub and string.gmatch: errors',
    lua`
      return ('abc'):gsub('b', '%2')
      return ('abc'):gsub('(b)', '%2')
      return ('abc'):gsub('b', '%')
      return ('abc'):gsub('b', true)
      return ('abc'):gsub('b', nil)
      return ('abc'):gsub('b')
      return ('abc'):gsub()
      return ('abc'):gsub('b', {b = {}})
      return ('abc'):gsub('b', {b = true})
      return ('abc'):gsub('b', function() return {} end)
      return ('abc'):gsub('b', function() return true end)
      return ('abc'):gsub('b', function() error('within') end)
      return ('abc'):gsub('b', 'x', 'y')
      return ('abc'):gsub('b', 'x', {})
      return ('abc'):gsub('(', 'x')
      return ('abc'):gsub('%', 'x')
      return string.gsub()
      return string.gsub(nil, 'a', 'b')
      return string.gsub({}, 'a', 'b')
      return string.gmatch()
      return string.gmatch('x')
      return string.gmatch('x', nil)
      return string.gmatch('x', '(')()
      return ('abc'):gsub('.', {a = 1, b = 'x', c = print and 1})
      return string.gfind('a', 'a')
    `,
  )

  values(
    'string.format',
    lua`
      ('%s %s'):format('a', 1), ('%s'):format(1.5), ('%s'):format(1e100), ('%10s|%-10s|'):format('a', 'b'), ('%.2s'):format('abc'), ('%5.1s|'):format('abc')
      ('%d'):format(42), ('%d'):format(-42), ('%d'):format(3.99), ('%d'):format(-3.99), ('%d'):format('10'), ('%d'):format(2^31), ('%d'):format(2^53), ('%d'):format(-2^53)
      ('%d'):format(2^62), ('%d'):format(2^63 - 1024), ('%d'):format(-2^63), ('%d'):format(1e15), ('%i'):format(5), ('%i'):format(-2^40)
      ('%5d|%-5d|%05d|%+d|% d|%.3d|%8.3d'):format(1, 2, 3, 4, 5, 6, 7), ('%+5d'):format(-3), ('%#d'):format(5)
      ('%u'):format(42), ('%u'):format(2^32), ('%u'):format(2^63), ('%u'):format(-1) ~= nil
      ('%x'):format(255), ('%X'):format(255), ('%#x'):format(255), ('%08x'):format(48879), ('%o'):format(8), ('%#o'):format(8), ('%x'):format(2^32 - 1), ('%x'):format(2^52), ('%x'):format(0)
      ('%c'):format(65), ('%c%c'):format(0, 255), ('%5c|'):format(65), ('%c'):format('65')
      ('%f'):format(1.5), ('%.2f'):format(3.14159), ('%10.3f|'):format(2.71828), ('%-10.1f|'):format(2.5), ('%+.1f'):format(1), ('%.0f'):format(0.5), ('%.0f'):format(1.5), ('%.0f'):format(2.5), ('%#.0f'):format(1)
      ('%f'):format(1e15), ('%f'):format(1e300):len(), ('%.20f'):format(0.1), ('%.99f'):format(1/3), ('%f'):format(1/0), ('%f'):format(-1/0), ('%5.1f|'):format(1/0), ('%f'):format(-0)
      ('%e'):format(12345.678), ('%E'):format(0.00012), ('%.2e'):format(1), ('%e'):format(0), ('%g'):format(12345.678), ('%g'):format(1e-5), ('%G'):format(1e-10), ('%.3g'):format(1234.5), ('%#g'):format(1), ('%g'):format(1e15)
      ('%.14g'):format(0.1), ('%.15g'):format(0.1), ('%.16g'):format(0.1), ('%.17g'):format(0.1), ('%.3g|%10.3g|%-10.3g|'):format(1.5, 1.5, 1.5)
      ('%a'):format(1) ~= nil
      ('%q'):format('a"b\\c\nd\0e\rf'), ('%q'):format(''), ('%q'):format('plain'), ('%q'):format('\255é'), ('%q'):format(12), ('%q'):format('\0001'), ('%q'):format('tab\t')
      ('%%'):format(), ('100%%'):format(), ('%s%%'):format(5), ('a\0b'):format(), ('%s'):format('a\0b'), ('%s'):format(('x'):rep(1000)):len(), ('%.5s'):format('a\0bcdefg')
      ('%s %s'):format(1, 2, 3), (''):format(), ('no'):format(1)
      ('%99d'):format(1):len(), ('%-99d'):format(1):len(), ('%.99f'):format(1):len(), ('%099d'):format(1):len(), ('%1$s') == '%1$s'
      ('%s'):format(setmetatable({}, {__tostring = function() return 'no' end})) == nil
    `,
  )

  each(
    'string.format: errors',
    lua`
      return ('%d'):format('x')
      return ('%d'):format()
      return ('%d'):format(nil)
      return ('%d'):format({})
      return ('%d'):format(true)
      return ('%d'):format('1.5')
      return ('%d'):format('')
      return ('%s'):format()
      return ('%s'):format(nil)
      return ('%s'):format({})
      return ('%s'):format(true)
      return ('%s'):format(setmetatable({}, {__tostring = function() return 'x' end}))
      return ('%q'):format(nil)
      return ('%q'):format({})
      return ('%q'):format()
      return ('%y'):format(1)
      return ('%'):format()
      return ('%5'):format()
      return ('% '):format()
      return ('%#'):format()
      return ('%l'):format(1)
      return ('%ld'):format(1)
      return ('%n'):format(1)
      return ('%p'):format(1)
      return ('%F'):format(1)
      return ('%100d'):format(1)
      return ('%.100f'):format(1)
      return ('%1000d'):format(1)
      return ('%0000005d'):format(1)
      return ('%------d'):format(1)
      return ('%+ #-0d'):format(1)
      return ('%+ #-00d'):format(1)
      return ('%*d'):format(5, 1)
      return ('%1$d'):format(1)
      return ('%\0'):format(1)
      return ('%s %s'):format('a')
      return ('%c'):format('x')
      return ('%c'):format()
      return ('%x'):format('x')
      return ('%f'):format('x')
      return ('%f'):format({})
      return ('%.s|'):format('abc')
      return ('%.d|'):format(0)
      return ('%.f'):format(1.5)
      return string.format()
      return string.format(nil)
      return string.format({})
      return string.format(1)
      return string.format('%s', nil)
    `,
  )

  each(
    'string: bad arguments',
    lua`
      return string.len()
      return string.len(nil)
      return string.len({})
      return string.len(true)
      return string.sub()
      return string.sub('x')
      return string.sub('x', 'y')
      return string.sub('x', {})
      return string.sub(nil, 1)
      return string.sub('x', 1, 'y')
      return string.upper()
      return string.upper(nil)
      return string.lower({})
      return string.reverse()
      return string.rep()
      return string.rep('x')
      return string.rep('x', 'y')
      return string.rep({}, 1)
      return string.byte()
      return string.byte('x', 'y')
      return string.byte(nil)
      return #{('x'):rep(10000):byte(1, -1)}
      return #{('x'):rep(7000):byte(1, -1)}
      return string.char(256)
      return string.char(-1)
      return string.char('x')
      return string.char(97, nil)
      return string.char({})
      return string.char(1e10)
      return string.char(2^32 + 65)
      return string.char(0/0)
      return ('x'):nosuch()
      return ('x').y.z
      return ('x'):rep()
      return string.len(string)
    `,
  )

  values(
    'table.insert, table.remove',
    lua`
      (function() local t = {1, 2} table.insert(t, 3) return t end)()
      (function() local t = {1, 2} table.insert(t, 1, 0) return t end)()
      (function() local t = {1, 2} table.insert(t, 3, 9) return t end)()
      (function() local t = {1, 2} table.insert(t, 10, 9) return t, #t end)()
      (function() local t = {1, 2} table.insert(t, 0, 9) return t end)()
      (function() local t = {1, 2} table.insert(t, -5, 9) return t end)()
      (function() local t = {1, 2} table.insert(t, nil) return #t end)()
      (function() local t = {1, 2} table.insert(t, 1, nil) return #t, t[1], t[2], t[3] end)()
      (function() local t = {1, 2} table.insert(t, '2', 'x') return t end)()
      (function() local t = {1, 2} table.insert(t, 1.9, 'x') return t end)()
      (function() local t = {} return table.insert(t, 'x'), t end)()
      (function() local t = {1, 2, 3} return table.remove(t), t end)()
      (function() local t = {1, 2, 3} return table.remove(t, 1), t end)()
      (function() local t = {1, 2, 3} return table.remove(t, 2), t end)()
      (function() local t = {1, 2, 3} return table.remove(t, 10), t end)()
      (function() local t = {1, 2, 3} return table.remove(t, 0), t end)()
      (function() local t = {1, 2, 3} return table.remove(t, -1), t end)()
      (function() local t = {1, 2, 3} return table.remove(t, 4), t end)()
      (function() local t = {} return select('#', table.remove(t)), table.remove(t) end)()
      (function() local t = {n = 5} return table.remove(t, 1), t end)()
      (function() local t = {[0] = 'zero'} return table.remove(t, 0), t end)()
      (function() local t = {1, 2, 3} return table.remove(t, '1'), t end)()
      (function() local t = {1, 2, 3} return table.remove(t, 2^32 + 1), t end)()
      (function() local t = {1, 2, 3} table.insert(t, 2^32 + 1, 'x') return t end)()
      (function() local t = {1} for i = 1, 100 do table.insert(t, 1, i) end return t[1], t[101], #t end)()
    `,
  )

  values(
    'table.concat, table.sort, unpack and the rest',
    lua`
      table.concat({}), table.concat({1, 2, 3}), table.concat({1, 2, 3}, ', '), table.concat({1, 2, 3}, ', ', 2), table.concat({1, 2, 3}, ', ', 2, 3), table.concat({1, 2, 3}, ', ', 3, 2)
      table.concat({'a', 1.5, 'c'}, '\0'), table.concat({'a'}, 'x'), table.concat({1, 2}, 3), table.concat({[0] = 'z', 'a'}, '-', 0), table.concat({1e15, 1/3, 2^53}, ' ')
      table.concat({1, 2, 3}, nil, 2), table.concat({'a', 'b'}, '', '1', '2'), table.concat({1, 2, 3}, '', 1.9), table.concat({[-1] = 'x', [0] = 'y'}, '', -1, 0)
      (function() local t = {3, 1, 2} table.sort(t) return t end)()
      (function() local t = {3, 1, 2} table.sort(t, function(a, b) return a > b end) return t end)()
      (function() local t = {'b', 'a', 'C', '', 'é', 'B'} table.sort(t) return t end)()
      (function() local t = {} table.sort(t) return t end)()
      (function() local t = {1} table.sort(t, function() error('never') end) return t end)()
      (function() local t = {2, 1} table.sort(t, nil) return t end)()
      (function() local t = {5, 3, 8, 1, 9, 2, 7, 4, 6, 0} table.sort(t) return t end)()
      (function() local t = {} for i = 1, 100 do t[i] = (i * 37) % 101 end table.sort(t) return t end)()
      (function() local t, n = {}, 0 for i = 1, 100 do t[i] = (i * 37) % 101 end table.sort(t, function(a, b) n = n + 1 return a < b end) return n end)()
      (function() local t = {{1, 'a'}, {1, 'b'}, {0, 'c'}, {1, 'd'}, {0, 'e'}} table.sort(t, function(a, b) return a[1] < b[1] end) return t end)()
      (function() local t = {1, 2, 3, 4, 5, 6, 7, 8} table.sort(t, function(a, b) return false end) return t end)()
      (function() local t = {0/0, 1, 2} return pcall(table.sort, t) end)()
      (function() local t = {3, 2, 1} return pcall(table.sort, t, function(a, b) return true end) end)()
      (function() local t = {} for i = 1, 20 do t[i] = i end return pcall(table.sort, t, function(a, b) return true end) end)()
      {unpack({1, 2, 3})}, {unpack({})}, {unpack({1, 2, 3}, 2)}, {unpack({1, 2, 3}, 2, 3)}, {unpack({1, nil, 3}, 1, 3)}, {unpack({1, 2}, -1, 1)}, {unpack({1, 2}, 3)}, {unpack({1, 2}, 2, 1)}
      {unpack({1, 2, 3}, '2')}, {unpack({1, 2, 3}, 1.9)}, {unpack({1, 2, 3}, 2, 2.9)}, select('#', unpack({}, 1, 3)), {unpack({n = 3})}
      {unpack({}, 2^31, 2^31)}, {unpack({}, 2^40, 2^40)}, {unpack({5}, 1, 2^32 + 1)}, {unpack({}, -2^31, -2^31)}
      table.unpack, table.pack, table.move, table.create
      table.getn({1, 2, 3}), table.getn({}), table.getn({n = 5}), table.maxn({}), table.maxn({1, 2, nil, 4}), table.maxn({[1.5] = 1, [-3] = 1, x = 1}), table.maxn({[1e10] = 1}), table.maxn({[1/0] = 1})
      (function() local t = {} table.foreach({10, 20}, function(k, v) t[k] = v * 2 end) return t end)()
      table.foreach({10, 20}, function(k, v) return v end), table.foreach({}, function() end), table.foreachi({10, 20, nil, 30}, function(i, v) if i == 2 then return 'second' end end)
      (function() local n = 0 table.foreachi({1, 2, nil, 4}, function() n = n + 1 end) return n end)()
    `,
  )

  each(
    'table: bad arguments',
    lua`
      table.insert()
      table.insert({})
      table.insert({}, 1, 2, 3)
      table.insert({}, 'x', 1)
      table.insert({}, {}, 1)
      table.insert(nil, 1)
      table.insert('x', 1)
      table.insert(1)
      table.remove()
      table.remove(nil)
      table.remove({}, 'x')
      table.remove({}, {})
      table.concat()
      table.concat(nil)
      table.concat('x')
      table.concat({{}})
      table.concat({1, {}, 3})
      table.concat({1, true})
      table.concat({1, nil, 3}, ',', 1, 3)
      table.concat({tostring})
      table.concat({1}, {})
      table.concat({1}, true)
      table.concat({1}, '', 'x')
      table.concat({1}, '', 1, 'x')
      table.concat({1}, '', 1, 2)
      table.concat({}, '', 0, 0)
      table.concat({}, '', -5, -5)
      table.sort()
      table.sort(nil)
      table.sort({}, 1)
      table.sort({}, 'x')
      table.sort({}, {})
      table.sort({1, 'x'})
      table.sort({{}, {}})
      table.sort({1, 2, nil, 4})
      table.sort({true, false})
      table.sort({3, 2, 1}, function(a, b) error('within') end)
      table.sort({3, 2, 1}, function(a, b) return a.x < b.x end)
      table.setn({}, 1)
      table.getn()
      table.getn(1)
      table.maxn()
      table.foreach()
      table.foreach({})
      table.foreach({}, 1)
      table.foreachi({})
      table.foreachi(nil, tostring)
      unpack()
      unpack(nil)
      unpack('x')
      unpack({}, 'x')
      unpack({}, 1, 'x')
      unpack({}, 1, 8000)
      unpack({}, 1, 1e10)
      ipairs()
      pairs(1)
      next()
      next({}, 1)
      next(nil)
    `,
  )

  values(
    'math',
    lua`
      math.abs(-5), math.abs(5), math.abs(-0.5), math.abs(-1/0), math.abs('-3'), math.abs(-2^53), 1/math.abs(-0.0)
      math.ceil(1.2), math.ceil(-1.2), math.ceil(5), math.ceil(2^53), math.ceil(1e300), math.ceil(1/0), 1/math.ceil(-0.5)
      math.floor(1.8), math.floor(-1.8), math.floor(5), math.floor(-0.5), math.floor(2^31 + 0.5), math.floor(1e300), math.floor('2.7')
      math.max(1, 2, 3), math.max(1), math.max(-1, -2), math.max('10', 9), math.min(1, 2, 3), math.min(-1/0, 5), math.max(1, 1/0)
      math.sqrt(2), math.sqrt(0), math.sqrt(1e300), math.pow(2, 10), math.pow(2, 0.5), math.pow(2, -1), math.pow(-8, 2), math.pow(0, 0)
      math.exp(0), math.exp(1), math.exp(-1/0), math.log(1), math.log(2), math.log(10), math.log(0), math.log10(1000), math.log10(2), math.log10(0)
      math.sin(0), math.sin(1), math.cos(0), math.cos(1), math.tan(1), math.asin(1), math.acos(0), math.atan(1), math.atan2(1, 2), math.atan2(-1, -1), math.atan2(0, -1)
      math.sinh(1), math.cosh(1), math.tanh(1), math.deg(math.pi), math.rad(180), math.deg(1), math.rad(1)
      math.fmod(7, 3), math.fmod(-7, 3), math.fmod(7, -3), math.fmod(5.5, 2), math.fmod(1e20, 3), math.mod, math.fmod(1, 1/0)
      {math.modf(3.7)}, {math.modf(-3.7)}, {math.modf(5)}, {math.modf(1/0)}, {math.modf(-1/0)}, {math.modf(1e300)}
      {math.frexp(8)}, {math.frexp(0)}, {math.frexp(-3)}, {math.frexp(1e300)}, math.ldexp(0.5, 4), math.ldexp(1, 1023), math.ldexp(1, 2000), math.ldexp(1, -1074), math.ldexp(1, 2.9)
      math.pi, math.huge, type(math.random), type(math.randomseed), math.type, math.tointeger, math.maxinteger
      math.sin(1e10), math.cos(1e22), math.exp(700), math.tan(1.5), math.log(1e-300), math.pow(1.0000001, 1e7), math.sin(100), math.exp(0.5)
    `,
  )

  each(
    'math: bad arguments',
    lua`
      math.abs()
      math.abs(nil)
      math.abs('x')
      math.abs({})
      math.abs(true)
      math.floor()
      math.floor('')
      math.max()
      math.min()
      math.max(1, 'x')
      math.max(nil)
      math.pow(1)
      math.sqrt('x')
      math.log()
      math.fmod(1)
      math.modf()
      math.ldexp(1)
      math.frexp()
      math.random(0)
      math.random(-5)
      math.random(2, 1)
      math.random(1, 2, 3)
      math.random('x')
      math.random(nil)
      math.random({})
      math.randomseed()
      math.randomseed('x')
      math.randomseed(nil)
      math.atan2(1)
      math.nosuch(1)
    `,
  )

  values(
    'collectgarbage and gcinfo',
    lua`
      type(collectgarbage('count')), collectgarbage('count') > 0
      collectgarbage(), collectgarbage('collect')
      collectgarbage('stop'), collectgarbage('restart')
      type(collectgarbage('step')), type(collectgarbage('step', 10))
      type(collectgarbage('setpause', 100)), type(collectgarbage('setstepmul', 200))
      type(gcinfo()), gcinfo() > 0
      pcall(collectgarbage, 'nosuch')
      pcall(collectgarbage, 1)
      pcall(collectgarbage, {})
      pcall(collectgarbage, 'count', 'x')
      pcall(collectgarbage, 'isrunning')
      pcall(collectgarbage, nil)
    `,
  )

  values(
    'functions of Lua that are not there',
    lua`
      pcall(function() return newproxy() end)
      pcall(function() return getfenv end)
      pcall(function() return setfenv end)
      pcall(function() return print end)
      pcall(function() return os end)
      pcall(function() return io end)
      pcall(function() return require end)
      pcall(function() return module end)
      pcall(function() return package end)
      pcall(function() return dofile end)
      pcall(function() return loadfile end)
      pcall(function() return debug end)
    `,
  )
})
