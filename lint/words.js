import { relative, sep } from 'node:path'

/** Parts of names that say where a thing was cut off instead of what it is, or that the field has another word for. */
export const WORDS = [
  { name: /^(?:MOST|LEAST)_/, instead: 'MAX_ or MIN_' },
  // `isBelow` of a path is what it says
  { name: /^(?!is)\w*(?:Below|_BELOW)$/, instead: 'the name of what is meant, as Work' },
  {
    name: /OfWorkspaces$|_OF_WORKSPACES$/,
    instead: 'Workspace… before the noun',
    in: ['src/lifecycle/', 'src/commands/', 'src/graphql/'],
  },
]

/** The folders whose declarations are read. */
const READ = ['src/', 'sdk/', 'web/src/', 'scripts/', 'bench/']

export const words = {
  meta: { type: 'problem', docs: { description: "names are the field's words" } },
  create(context) {
    const here = relative(context.cwd, context.filename).split(sep).join('/')
    if (!READ.some((folder) => here.startsWith(folder))) return {}
    const known = WORDS.filter(({ in: folders }) => !folders || folders.some((each) => here.startsWith(each)))
    const check = ({ id }) => {
      if (id?.type !== 'Identifier') return
      const found = known.find(({ name }) => name.test(id.name))
      if (found) context.report({ node: id, message: `${id.name}: write ${found.instead} (lint/words.js)` })
    }
    return {
      VariableDeclarator: check,
      FunctionDeclaration: check,
      ClassDeclaration: check,
      TSInterfaceDeclaration: check,
      TSTypeAliasDeclaration: check,
      TSEnumDeclaration: check,
    }
  },
}
