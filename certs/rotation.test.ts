import { expect } from 'chai';
import { applyChange, encodeState, nextStep, parseState, type RootState } from './rotation.ts';

const T0 = Date.parse('2026-01-01T00:00:00Z');
const HOUR_MS = 60 * 60 * 1000;
function at(hours: number): Date {
  return new Date(T0 + hours * HOUR_MS);
}
const [A, B] = ['a'.repeat(16), 'b'.repeat(16)];
const rules = { overlapMs: 10 * HOUR_MS, begin: true };
function settled(state: RootState, hours: number): RootState {
  return { ...state, settledAt: at(hours) };
}

const alone: RootState = { roots: [{ id: A, phase: 'active' }], settledAt: at(0) };
const staged = settled(applyChange(alone, 'stage', B), 1);
const activated = settled(applyChange(staged, 'activate'), 11);
const dropped = settled(applyChange(activated, 'drop'), 21);

describe('the rotation of the root', () => {
  it('trusts the new root first, then signs with it, then drops the old one', () => {
    expect(staged.roots).to.deep.equal([
      { id: A, phase: 'active' },
      { id: B, phase: 'staged' },
    ]);
    expect(activated.roots).to.deep.equal([
      { id: A, phase: 'retired' },
      { id: B, phase: 'active' },
    ]);
    expect(dropped.roots).to.deep.equal([{ id: B, phase: 'active' }]);
  });

  it('takes each step when its overlap is over, and not a moment earlier', () => {
    expect(nextStep(alone, at(0), rules)).to.deep.equal({ step: 'stage' });
    expect(nextStep(staged, new Date(at(11).getTime() - 1), rules)).to.deep.equal({
      step: 'wait',
      until: at(11),
      then: 'activate',
    });
    expect(nextStep(staged, at(11), rules)).to.deep.equal({ step: 'activate' });
    expect(nextStep(activated, at(20), rules)).to.deep.equal({ step: 'wait', until: at(21), then: 'drop' });
    expect(nextStep(activated, at(21), rules)).to.deep.equal({ step: 'drop' });
  });

  it('walks any clock through the same three steps, an overlap apart', () => {
    let state = alone;
    const taken: string[] = [];
    for (let hour = 0; hour <= 30; hour += 1) {
      const next = nextStep(state, at(hour), { ...rules, begin: hour === 3 });
      if (next.step === 'wait' || next.step === 'rest' || next.step === 'settle') continue;
      taken.push(`${next.step} at ${hour}`);
      state = settled(applyChange(state, next.step, B), hour);
      expect(state.roots.filter(({ phase }) => phase === 'active')).to.have.length(1);
    }
    expect(taken).to.deep.equal(['stage at 3', 'activate at 13', 'drop at 23']);
  });

  it('rests until told to begin, but continues what has begun', () => {
    expect(nextStep(alone, at(99), { ...rules, begin: false })).to.deep.equal({ step: 'rest' });
    expect(nextStep(staged, at(99), { ...rules, begin: false })).to.deep.equal({ step: 'activate' });
  });

  it('never counts time before a step was carried out completely', () => {
    const interrupted = { ...staged, settledAt: undefined };
    expect(nextStep(interrupted, at(99), rules)).to.deep.equal({ step: 'settle' });
    expect(nextStep(settled(interrupted, 99), at(100), rules)).to.include({ step: 'wait' });
  });

  it('waits for nothing where there is no overlap', () => {
    expect(nextStep(staged, at(1), { ...rules, overlapMs: 0 })).to.deep.equal({ step: 'activate' });
    expect(nextStep(activated, at(11), { ...rules, overlapMs: 0 })).to.deep.equal({ step: 'drop' });
  });

  it('waits when the clock went back', () => {
    expect(nextStep(activated, at(-99), rules)).to.include({ step: 'wait' });
  });

  it('refuses a change that does not follow', () => {
    expect(() => applyChange(alone, 'activate')).to.throw('does not follow');
    expect(() => applyChange(alone, 'drop')).to.throw('does not follow');
    expect(() => applyChange(staged, 'stage', A)).to.throw('does not follow');
    expect(() => applyChange(activated, 'stage', A)).to.throw('does not follow');
    expect(() => applyChange(alone, 'stage')).to.throw('needs an id');
  });
});

describe('the stored state of the roots', () => {
  const worked = `{
  "version": 1,
  "roots": [
    {
      "id": "aaaaaaaaaaaaaaaa",
      "phase": "active"
    },
    {
      "id": "bbbbbbbbbbbbbbbb",
      "phase": "staged"
    }
  ],
  "settledAt": "2026-01-01T01:00:00.000Z"
}
`;

  it('is the worked example, and reads back as what was written', () => {
    expect(encodeState(staged)).to.equal(worked);
    for (const state of [alone, staged, activated, dropped, { ...staged, settledAt: undefined }]) {
      expect(parseState(encodeState(state))).to.deep.equal(state);
    }
  });

  it('is refused cut at any length', () => {
    for (let length = 0; length < worked.length; length += 1) {
      expect(parseState(worked.slice(0, length)), `${length}`).to.equal(undefined);
    }
  });

  it('is refused with any one byte flipped, unless it is another state', () => {
    const bytes = Buffer.from(worked);
    for (let index = 0; index < bytes.length; index += 1) {
      const flipped = Buffer.from(bytes);
      flipped.writeUInt8(flipped.readUInt8(index) ^ 1, index);
      const text = flipped.toString('latin1');
      const state = parseState(text);
      if (state !== undefined) expect(encodeState(state), `${index}`).to.equal(text);
    }
  });

  for (const [what, state] of Object.entries({
    'no root': [],
    'two active roots': ['active', 'active'],
    'no active root': ['staged'],
    'a root that was staged before the active one': ['staged', 'active'],
    'three roots': ['retired', 'active', 'staged'],
    'an unknown phase': ['active', 'waiting'],
  })) {
    it(`is refused with ${what}`, () => {
      const roots = state.map((phase, index) => ({ id: `${index}`.repeat(16), phase }));
      expect(parseState(`${JSON.stringify({ version: 1, roots, settledAt: null }, null, 2)}\n`)).to.equal(
        undefined,
      );
    });
  }

  it('is refused with an id that could be a path', () => {
    expect(parseState(worked.replace('aaaaaaaaaaaaaaaa', '../../etc/passwd'))).to.equal(undefined);
  });
});
