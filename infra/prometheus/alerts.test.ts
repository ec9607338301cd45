/** Alerts and rules, judged by promtool: each fires when it must, alone, and stays silent when it must. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'bun:test'
import { testsNeed } from '../../tests/support/tools.ts'
import { runbookOf } from './alerts/alert.ts'
import { alertGroups } from './alerts/groups.ts'
import { alertCases, type AlertCase, type Series } from './alerts.fixture.ts'
import { prometheusFiles } from './files.ts'
import { timesAt } from './times.ts'

const alerts = alertGroups(timesAt(1)).flatMap((group) => group.alerts)
const place = { targets: { catalog: ['127.0.0.1:8000'] }, alertmanagers: [], docs: 'http://x/docs' }
const directory = mkdtempSync(join(tmpdir(), 'alerts-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

function written(scale: number): string {
  for (const { path, text } of prometheusFiles({ ...place, scale })) {
    writeFileSync(join(directory, path), text)
  }
  return join(directory, 'prometheus.yml')
}

function promtool(...args: readonly string[]): { readonly code: number; readonly output: string } {
  const { exitCode, stdout, stderr } = Bun.spawnSync(['promtool', ...args])
  return { code: exitCode, output: `${stdout.toString()}${stderr.toString()}` }
}

/** A unit test of promtool that holds when exactly these of the alerts fire; JSON is YAML. */
function firing(
  { interval = '10s', at }: AlertCase,
  series: Series,
  among: string,
  expected: readonly string[],
): object {
  return {
    interval,
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [
      {
        expr: `count by (alertname) (ALERTS{alertstate="firing",${among}})`,
        eval_time: at,
        exp_samples: expected.map((alertname) => ({
          labels: `{alertname="${alertname}"}`,
          value: 1,
        })),
      },
    ],
  }
}

describe('every alert', () => {
  test('has a case, and every case an alert', () => {
    expect(alertCases.map(({ alert }) => alert).sort()).toEqual(
      alerts.map(({ name }) => name).sort(),
    )
  })
  test('says what, how bad and where to read on', () => {
    for (const alert of alerts) {
      expect(alert.summary.length).toBeGreaterThan(10)
      expect(alert.description.length).toBeGreaterThan(20)
      const runbook = join(import.meta.dir, '../../docs/runbooks', `${runbookOf(alert.name)}.md`)
      expect([runbook, existsSync(runbook)]).toEqual([runbook, true])
      expect(readFileSync(runbook, 'utf8')).toStartWith(`# ${alert.name}\n`)
    }
  })
  test('has a name that makes a readable address', () => {
    expect(['LatencyP99High', 'CpuSaturated'].map(runbookOf)).toEqual([
      'latency-p99-high',
      'cpu-saturated',
    ])
  })
})

describe.skipIf(!testsNeed('promtool'))('promtool', () => {
  test.each([1, 0.05])('accepts configuration and rules at scale %d', (scale) => {
    const { code, output } = promtool('check', 'config', written(scale))
    expect([code, output]).toEqual([0, expect.stringContaining('SUCCESS')])
  })
  test.each(alertCases.map((each) => [each.alert, each] as const))(
    '%s',
    (alert, each) => {
      written(1)
      const file = join(directory, `${alert}.json`)
      const document = {
        rule_files: ['recording.rules.yml', 'alerts.rules.yml'],
        evaluation_interval: each.interval ?? '10s',
        tests: [
          firing(each, each.fires, 'alertname!=""', [alert, ...(each.also ?? [])].sort()),
          firing(each, each.silent, `alertname="${alert}"`, []),
        ],
      }
      writeFileSync(file, JSON.stringify(document))
      const { code, output } = promtool('test', 'rules', file)
      expect([code, output]).toEqual([0, expect.stringContaining('SUCCESS')])
      // Days of samples, at a few seconds on an idle machine.
    },
    180_000,
  )
})
