import { dirname, relative, resolve, sep } from 'node:path'

/**
 * Who may import whom. A folder that is not named here may import nothing of the project, so that a new one has to be
 * placed deliberately. `packages` narrows what may be imported from outside.
 */
export const ARROWS = {
  'src/text': { folders: [], packages: [] },
  'src/lifecycle': { folders: ['src/text'], packages: ['zod'] },
  'src/store': { folders: ['src/lifecycle', 'src/text'] },
  'src/events': { folders: ['src/store', 'src/lifecycle'] },
  'src/commands': { folders: ['src/store', 'src/lifecycle', 'src/text'] },
  'src/graphql': { folders: ['src/commands', 'src/events', 'src/store', 'src/lifecycle', 'src/text'] },
  'src/database': { folders: [] },
  'src/validation': { folders: ['src/lifecycle', 'src/text'] },
  'src/server': {
    folders: [
      'src/graphql',
      'src/commands',
      'src/events',
      'src/store',
      'src/lifecycle',
      'src/database',
      'src/validation',
      'src/text',
      'src/config.ts',
      'src/log.ts',
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
    ],
  },
  'src/cli': {
    folders: [
      'sdk',
      'src/worker',
      'src/processes',
      'src/server',
      'src/database',
      'src/text',
      'src/config.ts',
      'src/configFile.ts',
      'src/environment.ts',
      'src/log.ts',
    ],
  },
  'src/config.ts': { folders: ['src/configFile.ts', 'src/environment.ts', 'src/lifecycle'] },
  'src/environment.ts': { folders: [] },
  'src/configFile.ts': { folders: ['src/text'] },
  'src/log.ts': { folders: ['src/text'] },
  sdk: { folders: ['src/text'] },
  web: { folders: ['sdk', 'src/text'] },
  examples: { folders: ['sdk'] },
}

/** Packages that only some folders may import: whatever speaks SQL stays where SQL is. */
export const ONLY_IN = {
  pg: ['src/store', 'src/database'],
  '@prisma/client': ['src/store'],
  '@prisma/adapter-pg': ['src/store', 'src/database'],
}

/** The place of a file in the house: its folder among ARROWS, or the file itself; undefined outside of it. */
function placeOf(path) {
  const parts = path.split('/')
  const candidates = parts[0] === 'src' ? [parts.slice(0, 2).join('/')] : [parts[0]]
  return candidates.find((candidate) => candidate in ARROWS || parts[0] === 'src')
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
