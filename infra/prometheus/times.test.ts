/** A test's pace is the deployed one made shorter: every duration in rules and configuration, and nothing else. */
import { expect, test } from 'bun:test'
import { alertmanagerFiles } from '../alertmanager/files.ts'
import { prometheusFiles } from './files.ts'
import { timesAt } from './times.ts'

const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const milliseconds = (duration: string): number => {
  const [, count = '', unit = ''] = /^(\d+)(ms|s|m|h|d)$/.exec(duration) ?? []
  return Number(count) * units[unit as keyof typeof units]
}

/** Durations where Prometheus and Alertmanager look for them; in names and texts they are words. */
const places =
  /(?<=\[)\d+(?:ms|[smhd])(?=\])|(?<=offset )\d+(?:ms|[smhd])\b|(?<=(?:for|interval|_wait|_interval|_timeout): )\d+(?:ms|[smhd])\b/g

function textAt(scale: number): string {
  const place = { targets: { catalog: ['a:1'] }, alertmanagers: ['a:2'], docs: 'http://a/docs' }
  const time = timesAt(scale)
  return [...prometheusFiles({ ...place, scale }), ...alertmanagerFiles({ telegram: null }, time)]
    .map(({ text }) => text)
    .join('')
}

test('a duration is written as Prometheus reads it', () => {
  expect(['10s', '5m', '3d'].map((each) => timesAt(1)(each as '10s'))).toEqual(['10s', '5m', '3d'])
  expect(['10s', '5m', '3d'].map((each) => timesAt(0.05)(each as '10s'))).toEqual([
    '500ms',
    '15000ms',
    '12960000ms',
  ])
})

test('no duration becomes none, or less than it may be', () => {
  expect(timesAt(0.000001)('10s')).toBe('1ms')
  expect([1, 0.5, 0.05].map((scale) => timesAt(scale)('10s', '2s'))).toEqual([
    ...['10s', '5000ms', '2000ms'],
  ])
})

test('all durations shrink by the factor, and nothing else changes', () => {
  const [deployed, scaled] = [textAt(1), textAt(0.1)]
  const durations = deployed.match(places) ?? []
  expect(durations.length).toBeGreaterThan(60)
  expect((scaled.match(places) ?? []).map(milliseconds)).toEqual(
    durations.map((each) => milliseconds(each) * 0.1),
  )
  expect(scaled.replace(places, '…')).toBe(deployed.replace(places, '…'))
})

test('a service is given a second for a scrape at any pace, a node of Cassandra five', () => {
  const targets = { catalog: ['a:1'], cassandra: ['b:1'] }
  const [file] = prometheusFiles({ targets, alertmanagers: [], docs: 'http://a/docs', scale: 0.01 })
  const limits = file?.text.match(/(?<=scrape_\w+: )\w+/g)
  expect(limits).toEqual(['1000ms', '5000ms', '5000ms'])
})
