// A process that compresses with sharp on request from standard input: the counterpart of imaging/worker.py.
//
//     node worker.mjs FOLDER [mozjpeg]      FOLDER has the node_modules with sharp

import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

const SIDE = 1024

const [folder, flavour] = process.argv.slice(2)

function peakMemory () {
  try {
    return 1024 * Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'latin1'))[1])
  } catch {
    return null
  }
}

function cpuSeconds () {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

const answer = (message) => process.stdout.write(JSON.stringify(message) + '\n')

const bare = peakMemory()
let sharp
try {
  sharp = createRequire(folder + '/')('sharp')
} catch {
  answer({ unavailable: 'sharp is not installed (npm ci)' })
  process.exit()
}
sharp.concurrency(1)
sharp.cache(false)
answer({ bare })

let last = {}
for await (const line of createInterface({ input: process.stdin })) {
  const { path, format, quality, save } = JSON.parse(line)
  if (last.path !== path) last = { path, data: readFileSync(path) }
  const options = format === 'png' ? {} : { quality }
  if (format === 'jpeg' && flavour === 'mozjpeg') options.mozjpeg = true
  const before = cpuSeconds()
  try {
    const result = await sharp(last.data)
      .rotate()
      .resize(SIDE, SIDE, { fit: 'inside', withoutEnlargement: true })
      .toFormat(format, options)
      .toBuffer()
    const cpu = cpuSeconds() - before
    if (save) writeFileSync(save, result)
    answer({ cpu, bytes: result.length, peak: peakMemory() })
  } catch (error) {
    answer({ error: String(error) })
  }
}
