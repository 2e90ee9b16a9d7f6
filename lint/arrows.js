import { dirname, relative, resolve, sep } from 'node:path'

/**
 * Who may import whom. A folder that is not named here may import nothing of the project, so that a new one has to be
 * placed deliberately. `packages` narrows what may be imported from outside.
 */
export const ARROWS = {
  'src/text': { folders: [], packages: [] },
  'src/iterators': { folders: [], packages: [] },
  'src/lifecycle': { folders: ['src/text'], packages: ['zod'] },
  'src/store': { folders: ['src/lifecycle', 'src/text'] },
  'src/events': { folders: ['src/store', 'src/lifecycle', 'src/iterators'] },
  'src/commands': { folders: ['src/store', 'src/lifecycle', 'src/text'] },
  'src/graphql': {
    folders: ['src/commands', 'src/events', 'src/store', 'src/lifecycle', 'src/iterators', 'src/text'],
  },
  'src/database': { folders: [] },
  'src/validation': { folders: ['src/lifecycle', 'src/text'] },
  'src/server': {
    folders: [
      'src/graphql',
      'src/mcp',
      'src/commands',
      'src/events',
      'src/store',
      'src/lifecycle',
      'src/database',
      'src/validation',
      'src/iterators',
      'src/text',
      'src/config.ts',
      'src/log.ts',
      'src/ownDirectories.ts',
    ],
  },
  'src/processes': { folders: [] },
  'src/workspaces': { folders: ['sdk', 'src/processes', 'src/text'] },
  'src/adapters': { folders: ['sdk', 'src/processes', 'src/text'] },
  'src/worker': {
    folders: [
      'sdk',
      'src/adapters',
      'src/workspaces',
      'src/processes',
      'src/text',
      'src/configFile.ts',
      'src/log.ts',
      'src/ownDirectories.ts',
    ],
  },
  'src/advice': { folders: ['sdk'] },
  'src/mcp': { folders: ['sdk', 'src/advice'], packages: ['@modelcontextprotocol/server', 'zod'] },
  'src/cli': {
    folders: [
      'sdk',
      'src/advice',
      'src/mcp',
      'src/worker',
      'src/adapters',
      'src/processes',
      'src/server',
      'src/database',
      'src/text',
      'src/config.ts',
      'src/configFile.ts',
      'src/environment.ts',
      'src/log.ts',
      'src/ownDirectories.ts',
    ],
  },
  'src/config.ts': { folders: ['src/configFile.ts', 'src/environment.ts', 'src/lifecycle'] },
  'src/environment.ts': { folders: [] },
  'src/configFile.ts': { folders: ['src/text'] },
  'src/ownDirectories.ts': { folders: [] },
  'src/log.ts': { folders: ['src/text'] },
  sdk: { folders: ['src/iterators', 'src/text'] },
  web: { folders: ['sdk', 'src/text'] },
  examples: { folders: ['sdk'] },
}

/**
 * The rooms of each layer, and which rooms of the same layer each may import. The rooms that layers share hold the same concepts in
 * all of them: `run` (runs, leases, the log, families), `activity` (phases, executions, sessions, artifacts, approvals, messages),
 * `workspace`, `account`, `workflow`; `kit` is what every room of a layer uses. A file beside the rooms may import any of
 * them, and no room imports a file beside it. A new room has to be placed here.
 */
export const ROOMS = {
  'src/lifecycle': {
    run: [],
    workflow: ['run'],
    activity: ['run', 'workflow'],
    log: ['run', 'workflow', 'activity'],
    decide: ['run', 'workflow', 'activity', 'log'],
    answers: ['run', 'workflow', 'activity', 'log', 'decide'],
    workspace: ['run', 'log'],
  },
  'src/store': {
    generated: [],
    sql: ['generated'],
    rows: ['generated', 'sql'],
    feed: ['sql'],
    account: ['generated', 'sql'],
    workflow: ['generated', 'sql'],
    run: ['generated', 'sql', 'rows', 'feed', 'workflow'],
    activity: ['generated', 'sql', 'rows', 'run'],
    workspace: ['generated', 'sql', 'rows', 'run'],
  },
  'src/commands': {
    kit: [],
    account: ['kit'],
    workflow: ['kit'],
    run: ['kit'],
    activity: ['kit', 'run'],
    workspace: ['kit', 'run'],
  },
  'src/graphql': {
    request: [],
    kit: ['request'],
    enums: ['kit'],
    answers: ['request', 'kit', 'enums'],
    account: ['request', 'kit', 'enums', 'answers'],
    workflow: ['request', 'kit', 'enums', 'answers'],
    run: ['request', 'kit', 'enums', 'answers'],
    activity: ['request', 'kit', 'enums', 'answers', 'run'],
    workspace: ['request', 'kit', 'enums', 'answers'],
  },
  'src/server': {
    kit: [],
    http: [],
    health: [],
    auth: [],
    engine: ['auth', 'health'],
    pages: ['kit', 'http', 'health', 'auth', 'engine'],
    socket: ['http', 'health', 'auth', 'engine'],
    mcp: ['kit', 'auth', 'engine'],
  },
  'src/mcp': { kit: [], run: ['kit'], activity: ['kit'] },
  'src/database': {
    kit: [],
    given: ['kit'],
    embedded: ['kit'],
    migrate: ['kit'],
    restore: ['kit'],
    transfer: ['kit'],
  },
  'src/workspaces': {
    kit: [],
    git: ['kit'],
    files: ['kit'],
    record: ['kit', 'files'],
    place: ['kit', 'git', 'record'],
    change: ['kit', 'git', 'record', 'place'],
    preview: ['kit', 'record'],
    serve: ['kit', 'git', 'record', 'place', 'change', 'preview'],
  },
  'src/adapters': {
    kit: [],
    jsonl: ['kit'],
    process: ['kit', 'jsonl', 'mcp'],
    scripted: ['kit', 'process'],
    mcp: ['kit'],
    acp: ['kit', 'mcp'],
    tmux: ['kit', 'mcp'],
    transcript: ['kit'],
  },
  'src/worker': {
    config: [],
    run: ['config'],
    agent: ['run'],
    prompt: ['run'],
    phase: ['run', 'agent', 'prompt'],
  },
  'src/cli': {
    terminal: [],
    kit: ['terminal'],
    print: ['terminal'],
    agents: ['terminal', 'kit'],
    approval: ['terminal', 'kit', 'print'],
    artifact: ['terminal', 'kit', 'print'],
    complete: ['terminal', 'kit'],
    demo: ['terminal', 'kit', 'run'],
    exec: ['terminal', 'kit'],
    init: ['terminal', 'kit', 'worker', 'workflow'],
    message: ['terminal', 'kit', 'print'],
    phase: ['terminal', 'kit', 'print'],
    round: ['kit'],
    run: ['terminal', 'kit', 'print', 'workspace'],
    token: ['terminal', 'kit'],
    worker: ['terminal', 'kit'],
    workflow: ['terminal', 'kit'],
    workspace: ['terminal', 'kit', 'print'],
  },
  sdk: {
    kit: [],
    generated: ['kit'],
    request: ['kit', 'generated'],
    streams: ['kit', 'generated', 'request'],
    client: ['kit', 'generated', 'request', 'streams'],
    worker: ['kit', 'generated', 'request', 'client'],
    store: ['kit', 'generated', 'request'],
    react: ['kit', 'generated'],
    apollo: ['kit', 'generated'],
    urql: ['kit', 'generated'],
    schema: ['generated'],
  },
  'web/src': {
    elements: [],
    account: ['elements'],
    activity: ['elements', 'account'],
    board: ['elements'],
    inbox: ['elements', 'activity'],
    run: ['elements', 'account', 'activity', 'board'],
    start: ['elements'],
    workflows: ['elements', 'activity', 'run'],
    projects: ['elements', 'account', 'activity'],
    workers: ['elements', 'activity'],
    tokens: ['elements', 'account', 'activity'],
    palette: ['elements', 'board'],
    shell: [
      'elements',
      'account',
      'board',
      'inbox',
      'run',
      'start',
      'workflows',
      'projects',
      'workers',
      'tokens',
      'palette',
    ],
  },
}

/** Packages that only some folders may import: whatever speaks SQL stays where SQL is. */
export const ONLY_IN = {
  pg: ['src/store', 'src/database'],
  '@prisma/client': ['src/store'],
  '@prisma/adapter-pg': ['src/store', 'src/database'],
  '@modelcontextprotocol/server': ['src/mcp'],
}

/** The names that import each other in a circle, by a table of what each imports; none where there is no circle. */
function findCircle(imports) {
  const left = new Map(Object.entries(imports))
  for (let before = Infinity; left.size < before;) {
    before = left.size
    for (const [name, imported] of left) if (!imported.some((each) => left.has(each))) left.delete(name)
  }
  return [...left.keys()]
}

// a table with a circle would admit what it is there to refuse, so the linter does not start with one
const LAYERS = Object.fromEntries(Object.entries(ARROWS).map(([layer, { folders }]) => [layer, folders]))
for (const [of, table] of Object.entries({ layers: LAYERS, ...ROOMS })) {
  const circle = findCircle(table)
  if (circle.length > 0) throw new Error(`lint/arrows.js: ${of}: a circle of ${circle.join(', ')}`)
}

/** The place of a file in the house: its folder among ARROWS, or the file itself; undefined outside of it. */
function placeOf(path) {
  const parts = path.split('/')
  const candidates = parts[0] === 'src' ? [parts.slice(0, 2).join('/')] : [parts[0]]
  return candidates.find((candidate) => candidate in ARROWS || parts[0] === 'src')
}

/** Where a file is among ROOMS: its layer, and its room there, null beside the rooms; undefined where a layer has no rooms. */
function roomOf(path) {
  const layer = Object.keys(ROOMS).find((each) => path.startsWith(`${each}/`))
  if (!layer) return undefined
  const [room, ...below] = path.slice(layer.length + 1).split('/')
  return { layer, room: below.length > 0 ? room : null }
}

/** What is wrong with an import of one file of a layer by another; undefined where nothing is. */
function judgeRooms(from, to) {
  if (!from || !to || from.layer !== to.layer || from.room === null) return undefined
  const rooms = ROOMS[from.layer]
  if (!(from.room in rooms)) return `${from.layer}/${from.room} has no place among the rooms (lint/arrows.js)`
  if (to.room === null) return `${from.layer}/${from.room} may not import what is beside the rooms`
  if (to.room === from.room || rooms[from.room].includes(to.room)) return undefined
  return `${from.layer}/${from.room} may not import ${from.layer}/${to.room}`
}

export const arrows = {
  meta: { type: 'problem', docs: { description: 'imports follow the arrows of the house' } },
  create(context) {
    const root = context.cwd
    const here = relative(root, context.filename).split(sep).join('/')
    const place = placeOf(here)
    if (!place) return {}
    const rule = ARROWS[place]
    const check = (node) => {
      const source = node.source?.value
      if (typeof source !== 'string') return
      if (!rule)
        return context.report({ node, message: `${place} has no place among the arrows (lint/arrows.js)` })
      if (source.startsWith('.') || source.startsWith('@pawl/')) {
        const target = source.startsWith('.')
          ? relative(root, resolve(dirname(context.filename), source))
              .split(sep)
              .join('/')
          : 'sdk'
        const to = placeOf(target) ?? target
        if (to !== place && !rule.folders.includes(to))
          context.report({ node, message: `${place} may not import ${to}` })
        const wrong = source.startsWith('.') && judgeRooms(roomOf(here), roomOf(target))
        if (wrong) context.report({ node, message: wrong })
        return
      }
      const name = source
        .split('/')
        .slice(0, source.startsWith('@') ? 2 : 1)
        .join('/')
      if (rule.packages && !rule.packages.includes(name))
        context.report({
          node,
          message: `${place} imports nothing from outside but ${rule.packages.join(', ')}`,
        })
      if (name in ONLY_IN && !ONLY_IN[name].includes(place))
        context.report({ node, message: `${name} is imported in ${ONLY_IN[name].join(', ')} only` })
    }
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
    }
  },
}
