/**
 * An agent that follows a script instead of a model: `scriptedAgent.js SCRIPT STATE [--terminal]`. The script is JSON, as
 * `script.ts` says; STATE is a file that remembers from process to process how often each rule was used. A prompt comes on
 * standard input, one for the whole life of the process, or, with `--terminal`, one for each time that Enter is pressed.
 *
 * It imports nothing of the project: it is a program of its own, as real agents are.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const [scriptFile, stateFile, mode] = process.argv.slice(2)
/** @type {import('./script.ts').Script} */
const script = JSON.parse(readFileSync(scriptFile, 'utf8'))

const BEGIN_OF_PASTE = '\u001b[200~'
const END_OF_PASTE = '\u001b[201~'
const STUBBORN = `process.on('SIGTERM', () => {}); process.on('SIGHUP', () => {}); setInterval(() => {}, 1000)`

/** Prints, however long the reader takes over it. */
function print(text) {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(1, bytes, at)
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error
    }
  }
}

/** The steps for a prompt; what is used of them is remembered before they are taken. */
function stepsFor(prompt) {
  const used = existsSync(stateFile) ? JSON.parse(readFileSync(stateFile, 'utf8')) : {}
  const index = script.rules.findIndex(
    (rule, i) =>
      (rule.phase === undefined || prompt.includes(`phase “${rule.phase}”`)) &&
      (rule.prompt === undefined || new RegExp(rule.prompt).test(prompt)) &&
      (used[i] ?? 0) < (rule.times ?? Infinity),
  )
  if (index < 0) return [{ say: 'the script has nothing for this prompt' }]
  writeFileSync(stateFile, JSON.stringify({ ...used, [index]: (used[index] ?? 0) + 1 }))
  return script.rules[index].do
}

function writeFile({ write, text, json, bytes }) {
  const content = Buffer.from(text ?? JSON.stringify(json ?? null, null, 2))
  mkdirSync(dirname(write), { recursive: true })
  writeFileSync(write, bytes === undefined ? content : content.subarray(0, bytes))
}

function flood(bytes) {
  const line = `${'all work and no play makes a dull agent '.repeat(25)}\n`
  for (let left = bytes; left > 0; left -= line.length) print(line.slice(0, left))
}

async function awaitFile(path) {
  while (!existsSync(path)) await sleep(20)
}

async function take(step, prompt) {
  if ('say' in step) return print(`${step.say}\n`)
  if ('echoPrompt' in step) return print(prompt)
  if ('write' in step) return writeFile(step)
  if ('remove' in step) return rmSync(step.remove, { recursive: true, force: true })
  if ('sleep' in step) return sleep(step.sleep * 1_000)
  if ('awaitFile' in step) return awaitFile(step.awaitFile)
  if ('run' in step)
    return void spawnSync(step.run[0], step.run.slice(1), { stdio: ['ignore', 'inherit', 'inherit'] })
  if ('flood' in step) return flood(step.flood)
  if ('ignore' in step) return void process.on(step.ignore, () => undefined)
  if ('fork' in step) {
    const options = { stdio: 'ignore', detached: step.fork === 'session' }
    return spawn(process.execPath, ['-e', STUBBORN], options).unref()
  }
  if ('deleteWorkspace' in step) return rmSync(process.cwd(), { recursive: true, force: true })
  if ('silence' in step) return new Promise(() => setInterval(() => undefined, 60_000))
  if ('crash' in step) return void process.kill(process.pid, 'SIGKILL')
  if ('exit' in step) process.exit(step.exit)
}

async function answer(prompt) {
  for (const step of stepsFor(prompt)) await take(step, prompt)
}

/** Reads prompts as a program with a screen of its own does: keys, pastes in brackets, Enter. */
async function answerKeys() {
  process.stdin.setRawMode(true)
  process.stdin.setEncoding('utf8')
  print('\u001b[?2004hscripted agent\r\n> ')
  let unread = ''
  let typed = ''
  let isPasting = false
  for await (const keys of process.stdin) {
    unread += keys
    while (unread !== '' && !isUnfinished(unread)) {
      const key = [BEGIN_OF_PASTE, END_OF_PASTE].find((mark) => unread.startsWith(mark)) ?? unread[0]
      unread = unread.slice(key.length)
      if (key.length > 1) isPasting = key === BEGIN_OF_PASTE
      else if (key !== '\r' || isPasting) typed += key === '\r' ? '\n' : key
      else {
        const prompt = typed
        typed = ''
        print('\r\u001b[K')
        await answer(prompt)
        print('> ')
      }
    }
  }
}

function isUnfinished(keys) {
  return [BEGIN_OF_PASTE, END_OF_PASTE].some((mark) => mark.length > keys.length && mark.startsWith(keys))
}

if (mode === '--terminal') await answerKeys()
else await answer(readFileSync(0, 'utf8'))
