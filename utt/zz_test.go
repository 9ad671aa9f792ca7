package utt_test
import ("testing";"context";"fmt";"github.com/utt-ecash/utt-go/utt/store")
func TestZZ(t *testing.T){
	net := newNetwork(t)
	a := joinLight(t, net, alice, 500)
	b := joinLight(t, net, bob, 10)
	sync1(t,net,a)
	done(t, a, net)(a.Pay(context.Background(), net, bob, cash, 5, ""))
	sync1(t,net,b)
	l := light(t, net, bob, new(store.Memory))
	for i:=0;i<5;i++{ fmt.Println(l.Sync(context.Background(), net), l.Items(), l.Waiting())
	for n:=uint64(0);n<l.Items();n++{ it,err:=l.Item(n); fmt.Println(n,it.Kind,err)}
	}
	for n:=uint64(0);n<b.Items();n++{ it,err:=b.Item(n); fmt.Println(n,it.Kind,err)}
}
