// In place of this file of github.com/google/nftables: not every kernel has nftables' own `queue` (CONFIG_NFT_QUEUE);
// xtables' target NFQUEUE does the same, and is in all of them.
package expr

import (
	"encoding/binary"

	"github.com/google/nftables/xt"
)

type QueueFlag uint16

const QueueFlagBypass, QueueFlagFanout, QueueFlagMask QueueFlag = 1, 2, 3

type Queue struct {
	Num   uint16
	Total uint16
	Flag  QueueFlag
}

func (e *Queue) target() *Target {
	// struct xt_NFQ_info_v3: queuenum, queues_total, flags; aligned to 8 bytes.
	info := make([]byte, 8)
	binary.NativeEndian.PutUint16(info[0:], e.Num)
	binary.NativeEndian.PutUint16(info[2:], max(e.Total, 1))
	binary.NativeEndian.PutUint16(info[4:], uint16(e.Flag))
	unknown := xt.Unknown(info)
	return &Target{Name: "NFQUEUE", Rev: 3, Info: &unknown}
}

func (e *Queue) marshal(fam byte) ([]byte, error)      { return e.target().marshal(fam) }
func (e *Queue) marshalData(fam byte) ([]byte, error)  { return e.target().marshalData(fam) }
func (e *Queue) unmarshal(fam byte, data []byte) error { return nil }
