/** The real screens over a tab whose signals are set by the address: `?scene=busy#/job/3`. Calls are kept in `window.calls`. */
import { signal } from '@preact/signals';
import { render } from 'preact';
import { App } from '#web/screens/App.tsx';
import '#web/style/main.css';
import type { TabModel } from '#web/tab/tabModel.ts';
import { fixtureTab, type Scene } from '../fixtureTab.ts';

const scene = (new URLSearchParams(location.search).get('scene') ?? 'busy') as Scene | 'unreachable' | 'update';
const unreachable = scene === 'unreachable';
const { tab, calls } = fixtureTab(scene === 'unreachable' || scene === 'update' ? 'busy' : scene);
Object.assign(window, { calls });
const root = document.getElementById('app');
if (root)
  render(
    <App
      tab={signal<TabModel | null>(unreachable ? null : tab)}
      failure={signal(unreachable ? 'The relay that served this page does not answer. Is it still running? This page goes on once it answers.' : null)}
      reload={signal(scene === 'update' ? () => calls.push(['reload']) : null)}
    />,
    root,
  );
