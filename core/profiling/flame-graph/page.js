/** The flame graph in the browser: draws the views of the page's data, zooms, searches and sorts. */
const { functions, views, compared } = JSON.parse(document.getElementById('data').textContent)

const element = (id) => document.getElementById(id)
const graph = element('graph')
const search = element('search')
const detail = element('detail')

const areas = {
  services: 'this service',
  core: 'shared by all services',
  packages: 'packages',
  native: 'the engine, and code made at run time',
}

const state = { view: 0, inverted: false, side: 'after', zoom: null, sort: 'self' }
/** Frames on the screen by their node. */
let frames = new Map()
const trees = new Map()

/** The shown tree with sums and parents. */
function tree() {
  const key = `${state.view}${state.inverted}`
  if (!trees.has(key)) {
    const view = views[state.view]
    trees.set(key, grown(state.inverted ? view.inverted : view.tree, null, 0))
  }
  return trees.get(key)
}

function grown([called, self, children, before = 0], parent, depth) {
  const node = { called, self, before, total: self, totalBefore: before, parent, depth }
  node.children = children.map((child) => grown(child, node, depth + 1))
  for (const child of node.children) {
    node.total += child.total
    node.totalBefore += child.totalBefore
  }
  return node
}

/** Share of all samples, in the profile whose widths are shown. */
const share = (node) => shareOf(node.total, node.totalBefore, state.side)

function shareOf(total, totalBefore, side) {
  const all = tree()
  return side === 'before' ? totalBefore / (all.totalBefore || 1) : total / (all.total || 1)
}

const change = (node) =>
  shareOf(node.total, node.totalBefore, 'after') - shareOf(node.total, node.totalBefore, 'before')

const percent = (value) =>
  `${(value * 100).toFixed(value !== 0 && Math.abs(value) < 0.1 ? 2 : 1)} %`
const signed = (value) => `${value > 0 ? '+' : ''}${percent(value)}`

function matches(called) {
  const words = search.value.trim().toLowerCase()
  const [name, place] = functions[called]
  return words !== '' && `${name} ${place}`.toLowerCase().includes(words)
}

/** Samples below the outermost matches, so that none counts twice. */
const matched = (node) =>
  node.parent !== null && matches(node.called)
    ? share(node)
    : node.children.reduce((sum, child) => sum + matched(child), 0)

function draw() {
  const all = tree()
  const focused = state.zoom ?? all
  const path = []
  for (let node = focused; node !== null; node = node.parent) path.unshift(node)
  const width = graph.clientWidth
  const row = parseFloat(getComputedStyle(document.documentElement).getPropertyValue('--row'))
  frames = new Map()
  let rows = 0
  const place = (node, left, part) => {
    rows = Math.max(rows, node.depth + 1)
    const frame = frameOf(node)
    frame.style.left = `${left * 100}%`
    frame.style.width = `${part * 100}%`
    frame.style.top = `${node.depth * row}px`
    if (part * width < 30) {
      frame.textContent = ''
      frame.classList.add('narrow')
    }
    if (path.includes(node) && node !== focused) frame.classList.add('above')
    frames.set(node, frame)
  }
  const below = (node, left, part) => {
    place(node, left, part)
    let at = left
    for (const child of node.children) {
      const inner = (share(child) / (share(node) || 1)) * part
      // Narrower than this nothing can be seen or hit.
      if (inner * width >= 1) below(child, at, inner)
      at += inner
    }
  }
  if ((state.side === 'before' ? all.totalBefore : all.total) === 0) {
    const none = document.createElement('p')
    none.textContent = 'No sample here: it was not called, or took no time in JavaScript.'
    graph.replaceChildren(none)
    graph.style.height = ''
    return
  }
  for (const node of path.slice(0, -1)) place(node, 0, 1)
  below(focused, 0, 1)
  graph.style.height = `${rows * row}px`
  graph.replaceChildren(...frames.values())
  frames.get(focused).tabIndex = 0
  const words = search.value.trim()
  element('share').textContent = words === '' ? '' : `Matches: ${percent(matched(all))}`
  element('zoom-out').disabled = state.zoom === null
}

function frameOf(node) {
  const [name, , area] = functions[node.called]
  const frame = document.createElement('div')
  frame.textContent = name
  frame.title = `${name}\n${described(node)}`
  frame.setAttribute('role', 'treeitem')
  frame.setAttribute('aria-level', String(node.depth + 1))
  frame.setAttribute('aria-label', `${name}, ${described(node)}`)
  frame.tabIndex = -1
  frame.node = node
  if (compared) {
    const grew = change(node)
    const strength = Math.min(100, Math.abs(grew) * 500)
    frame.classList.add('changed')
    frame.style.setProperty('--change', grew > 0 ? 'var(--more)' : 'var(--less)')
    frame.style.setProperty('--amount', `${strength}%`)
  } else if (node.parent !== null) frame.classList.add(area)
  if (node.parent !== null && matches(node.called)) frame.classList.add('match')
  return frame
}

function described(node) {
  const [, place] = functions[node.called]
  const own = shareOf(node.self, node.before, state.side)
  const moved = compared ? `, ${signed(change(node))} since before` : ''
  const where = node.parent === null ? '' : `${place}: `
  return `${where}${percent(share(node))} total, ${percent(own)} self${moved}`
}

function show(node) {
  detail.textContent = `${functions[node.called][0]} · ${described(node)}`
}

function zoom(node) {
  state.zoom = node === null || node.parent === null ? null : node
  draw()
  focus(state.zoom ?? tree())
}

function focus(node) {
  const frame = frames.get(node)
  if (frame === undefined) return
  for (const each of frames.values()) each.tabIndex = -1
  frame.tabIndex = 0
  frame.focus({ preventScroll: false })
  show(node)
}

/** The nearest drawn node in the same row. */
function beside(node, step) {
  const row = [...frames.keys()].filter(({ depth }) => depth === node.depth)
  return row[row.indexOf(node) + step]
}

const keys = {
  ArrowDown: (node) => node.children.find((child) => frames.has(child)),
  ArrowUp: (node) => node.parent,
  ArrowLeft: (node) => beside(node, -1),
  ArrowRight: (node) => beside(node, 1),
}

graph.addEventListener('keydown', (event) => {
  const node = event.target.node
  if (node === undefined) return
  if (event.key === 'Enter' || event.key === ' ') zoom(node)
  else if (event.key === 'Escape') zoom(null)
  else if (event.key in keys) {
    const next = keys[event.key](node)
    if (next) focus(next)
  } else return
  event.preventDefault()
})
graph.addEventListener('click', ({ target }) => target.node && zoom(target.node))
graph.addEventListener('pointerover', ({ target }) => target.node && show(target.node))

const columns = compared
  ? [
      ['name', 'Function'],
      ['self', 'Self'],
      ['selfChange', 'Change'],
      ['total', 'Total'],
      ['totalChange', 'Change'],
    ]
  : [
      ['name', 'Function'],
      ['self', 'Self'],
      ['total', 'Total'],
    ]

function tabulate() {
  const rows = views[state.view].rows
    .map(([called, self, total, selfBefore = 0, totalBefore = 0]) => ({
      called,
      name: functions[called][0],
      self: shareOf(self, selfBefore, state.side),
      total: shareOf(total, totalBefore, state.side),
      selfChange: shareOf(self, selfBefore, 'after') - shareOf(self, selfBefore, 'before'),
      totalChange: shareOf(total, totalBefore, 'after') - shareOf(total, totalBefore, 'before'),
    }))
    .filter(({ called }) => search.value.trim() === '' || matches(called))
  const value = (row) =>
    state.sort.endsWith('Change') ? Math.abs(row[state.sort]) : row[state.sort]
  rows.sort((a, b) => (state.sort === 'name' ? a.name.localeCompare(b.name) : value(b) - value(a)))
  document.querySelector('tbody').replaceChildren(...rows.slice(0, 100).map(rowOf))
  for (const head of document.querySelectorAll('th')) {
    const order =
      head.dataset.sort === state.sort
        ? state.sort === 'name'
          ? 'ascending'
          : 'descending'
        : 'none'
    head.setAttribute('aria-sort', order)
  }
}

function rowOf(row) {
  const line = document.createElement('tr')
  const cells = columns.map(([key]) => {
    const cell = document.createElement('td')
    if (key === 'name') {
      const [name, place] = functions[row.called]
      const button = document.createElement('button')
      button.type = 'button'
      button.textContent = name
      button.addEventListener('click', () => {
        search.value = name
        update()
        graph.scrollIntoView({ block: 'nearest' })
      })
      const where = document.createElement('small')
      where.textContent = place
      cell.append(button, where)
    } else cell.textContent = key.endsWith('Change') ? signed(row[key]) : percent(row[key])
    return cell
  })
  line.append(...cells)
  return line
}

function update() {
  draw()
  tabulate()
}

/** A row of buttons of which one is pressed. */
function choices(group, labels, onChosen) {
  const buttons = labels.map((label, index) => {
    const button = document.createElement('button')
    button.type = 'button'
    button.textContent = label
    button.setAttribute('aria-pressed', String(index === 0))
    button.addEventListener('click', () => {
      buttons.forEach((each) => each.setAttribute('aria-pressed', String(each === button)))
      onChosen(index)
      update()
    })
    return button
  })
  group.append(...buttons)
}

choices(
  element('views'),
  views.map(({ label }) => label),
  (index) => {
    state.view = index
    state.zoom = null
  },
)
if (compared) {
  element('sides').hidden = false
  choices(element('sides'), ['After', 'Before'], (index) => {
    state.side = index === 0 ? 'after' : 'before'
  })
}
element('inverted').addEventListener('click', ({ target }) => {
  state.inverted = !state.inverted
  state.zoom = null
  target.setAttribute('aria-pressed', String(state.inverted))
  update()
})
element('zoom-out').addEventListener('click', () => zoom(null))
search.addEventListener('input', update)
search.form.addEventListener('submit', (event) => event.preventDefault())

const legend = compared
  ? { more: 'more than before', less: 'less than before', match: 'match' }
  : { ...areas, match: 'match' }
for (const [color, text] of Object.entries(legend)) {
  const item = document.createElement('span')
  const sample = document.createElement('i')
  sample.className = color
  item.append(sample, text)
  element('legend').append(item)
}

const head = document.createElement('tr')
for (const [key, label] of columns) {
  const cell = document.createElement('th')
  const button = document.createElement('button')
  button.type = 'button'
  button.textContent = label
  cell.dataset.sort = key
  button.addEventListener('click', () => {
    state.sort = key
    tabulate()
  })
  cell.append(button)
  head.append(cell)
}
document.querySelector('thead').append(head)

let width = graph.clientWidth
new ResizeObserver(() => {
  if (graph.clientWidth === width) return
  width = graph.clientWidth
  draw()
}).observe(graph)
update()
