import { opfsTunings } from '#web/worker/opfsTunings.ts';

Object.assign(window, { tunings: opfsTunings() });
