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

/** Turns of phrase in descriptions and messages that the field has plainer words for. */
const PHRASES = [
  { phrase: /\bgoes on\b/, instead: 'continue' },
  { phrase: /\bstands at\b/, instead: 'is at' },
  { phrase: /\bas it is now\b/, instead: 'the current …' },
  { phrase: /\bfor good\b/, instead: 'permanently, or: final' },
  { phrase: /\bthe truth\b/, instead: 'the current state' },
  { phrase: /\b(?:takes?|taken) up\b/, instead: 'start, or resume' },
  { phrase: /\bhangs? below\b/, instead: 'belongs to' },
  { phrase: /\bthat there is\b/, instead: 'existing' },
  { phrase: /\bfell silent\b/, instead: 'was lost, or: had no activity' },
  { phrase: /\bno more\b/, instead: 'no longer' },
  { phrase: /\b(?:anew|meanwhile|whoever)\b/, instead: 'again, in the meantime, anyone who' },
  { phrase: /\b(?:go on|went on|going on)\b/, instead: 'continue' },
  { phrase: /\bfor ever\b/, instead: 'without a limit' },
  { phrase: /\b(?:put|puts) right\b/, instead: 'correct' },
  { phrase: /\b(?:came|comes) of\b/, instead: 'the result of' },
  { phrase: /\bstands where\b/, instead: 'is where' },
  { phrase: /\b(?:at rest|beneath|thereof|lets go of)\b/, instead: 'inactive, below, of it, releases' },
  { phrase: /\bowed\b/, instead: 'pending' },
]

/** The folders whose descriptions and messages are read: what the API, the command line and the logs say. */
const SPOKEN = ['src/', 'sdk/']

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
    const checkText = (node, text) => {
      if (!SPOKEN.some((folder) => here.startsWith(folder)) || !text.includes(' ')) return
      const found = PHRASES.find(({ phrase }) => phrase.test(text))
      if (found) context.report({ node, message: `"${text}": write ${found.instead} (lint/words.js)` })
    }
    return {
      Literal: (node) => typeof node.value === 'string' && checkText(node, node.value),
      TemplateElement: (node) => checkText(node, node.value.raw),
      VariableDeclarator: check,
      FunctionDeclaration: check,
      ClassDeclaration: check,
      TSInterfaceDeclaration: check,
      TSTypeAliasDeclaration: check,
      TSEnumDeclaration: check,
    }
  },
}
