import { expect } from 'chai';
import { senderOf } from './sender.ts';

function from(remoteAddress: string | undefined): string {
  return senderOf({ socket: remoteAddress === undefined ? {} : { remoteAddress } });
}

describe('the sender of a request', () => {
  it('is one IPv4 address, however the connection writes it', () => {
    for (const address of ['127.0.0.1', '192.0.2.1']) {
      expect(from(address)).to.equal(address);
      expect(from(`::ffff:${address}`)).to.equal(address);
    }
    expect(from('::ffff:7f00:1')).to.equal('127.0.0.1');
  });

  it('is a network of 64 bits in IPv6: a client has as many addresses as it likes', () => {
    const one = from('2001:db8:1:2::1');
    for (const same of ['2001:db8:1:2::ffff', '2001:db8:1:2:aaaa:bbbb:cccc:dddd', '2001:DB8:1:2:0:0:0:1'])
      expect(from(same), same).to.equal(one);
    for (const other of ['2001:db8:1:3::1', '2001:db8:1::1', '2001:db8:0:2::1', '::1', '::ffff:192.0.2.1'])
      expect(from(other), other).not.to.equal(one);
    expect(from('fe80::1%eth0')).to.equal(from('fe80::2%eth0'));
  });

  it('is somebody where the connection has gone', () => {
    expect(from(undefined)).to.be.a('string');
  });
});
