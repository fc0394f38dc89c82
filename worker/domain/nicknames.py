"""Which first names may be one name: short forms, pet names and spellings, most of them English.

Our own table, from general knowledge. A short form may stand for several names (Alex), and then these
are still different names. It makes two names compatible; it never makes them equal.
"""

_TABLE = """
abigail: abby abbie gail
abraham: abe bram
adelaide: addie ada heidi
albert: al bert bertie
alberto: beto tito
alejandro: alex ale jandro sandro
alexander: alex alec alek al lex sandy sasha sascha xander zander
alexandra: alex alexa lexi lexie sandra sandy sasha
alfred: al alf alfie fred freddie freddy
alison: allison alyson ali allie ally
amanda: mandy mandi manda
amelia: amy millie emmy
anastasia: ana stacy stacey nastya asya
andrea: andi andie andy drea
andreas: andi andy
andrew: andy drew
angela: angie ange angel
annette: annie nettie
anna: ana ann anne annie anya
anthony: antony tony ant
antonio: toni tono tonio
arthur: art artie arturo
barbara: barb barbie babs bobbie
bartholomew: bart
beatrice: bea bee beatrix trixie
benjamin: ben benny benji benjy
bernard: bernie barney bernhard bernd
bradley: brad
brandon: bran
brian: bryan
cameron: cam
carolina: caro caroline
caroline: carrie caro carolyn lina
catherine: katherine katharine kathryn cathryn cathy kathy cath kath kate katie kat cat kay kitty catriona
charles: charlie charley chuck chas chip carl
charlotte: charlie lottie lotte char
christian: chris
christina: chris christy chrissy tina kristina kristin krissy christine
christine: chris christy chrissie tina kristine kirsten
christopher: chris kris topher kit kristopher christoph
clara: clare claire klara
clifford: cliff
concepcion: concha conchi conchita
consuelo: chelo
cornelius: con connie neil
cynthia: cindy cyndi
daniel: dan danny dani
daniela: dani danielle
danielle: dani danni
david: dave davey davy davie
deborah: debra deb debbie debby
dennis: den denny denis
diana: di diane dianne
dolores: lola loli lolita
dominic: dom nick dominik dominique
donald: don donnie donny
dorothy: dot dottie dolly dora dorothea
douglas: doug
edgar: ed eddie
edmund: ed eddie ned ted
eduardo: edu lalo ed
edward: ed eddie eddy ned ted teddy
edwin: ed eddie
eleanor: ellie nell nellie nora ella elinor lenore
elizabeth: liz lizzie lizzy beth betty betsy bess bessie eliza elisa lisa lisbeth libby elisabeth ellie elsie
elisabeth: lisa liesel lisl else elsa elli betti sissi lilli
emily: em emmy emmie millie
enrique: quique kike
ernest: ernie ernst
esperanza: espe
eugene: gene
evelyn: eve evie
federico: fede
fernando: fer nando
florence: flo flossie flora
frances: fran frannie francie fanny
francis: frank fran
francisca: paca paqui fran
francisco: paco pancho paquito curro kiko cisco fran
franklin: frank
frederick: fred freddie freddy rick frederic fredrick
friedrich: fritz fred freddy
gabriel: gabe gabi
gabriela: gabi gaby gabriele gabriella
geoffrey: geoff jeff jeffrey
georg: schorsch jorg
george: georgie
gerald: gerry jerry
gerard: gerry gerhard gerd
gertrude: gertie trudy
gregory: greg gregg
guadalupe: lupe lupita
guillermo: guille memo
gustavo: gus tavo
hannah: hanna johanna
harold: harry hal
heinrich: heinz heiner henry
helen: nell nellie ellen helena elena lena
henry: harry hank hal
herbert: herb herbie bert
hermenegildo: gildo
howard: howie
hubert: bert hugh
ignacio: nacho iggy
irene: rene reni
isaac: ike zac
isabel: isa chabela bel isabella isabelle izzy bella belle
jacob: jake jakob
jacqueline: jackie jacqui jacky
jaime: jaimie jimmy
james: jim jimmy jimmie jamie jem
janet: jan jannet
jennifer: jen jenny jenni jenn jennie
jeremy: jerry jez jem
jessica: jess jessie
jesus: chuy chus suso
joan: joanie jo joanna
joanna: jo joanne joann jojo
johannes: hans hannes johann jo
john: jack johnny johnnie jon jonny
jonathan: jon jonny jonathon johnathan nathan
jorge: coque
jose: pepe pepito chepe josep
josef: sepp jupp joe josep
josefa: pepa pepita fina
joseph: joe joey jo
josephine: jo josie josey fina
joshua: josh
judith: judy jude jutta
julia: jules julie
katharina: kathi kati katja katrin kathe rina
kenneth: ken kenny kenney
kimberly: kim kimmy kimberley
laura: laurie lori lauri
laurence: lawrence larry laurie lars lorenz
leonard: len lenny leo leon
lillian: lily lilly lil lillie
louis: lou louie lewis luis
louise: lou lulu luise
lucia: lucy luci
luis: lucho lou
ludwig: lutz
madeline: maddie maddy madeleine
manuel: manolo manu lolo manny
marcus: mark marc markus
margaret: maggie meg megan peg peggy marge margie madge greta rita daisy margarita maisie
margarete: grete gretel greta gretchen marga
maria: mari mary marie mia mimi
marjorie: marge margie
martha: marty mattie
martin: marty
mary: molly polly mamie marie
matilda: tilly tillie mattie
matthew: matt mat matty
matthias: matze matt mathias
maximilian: max maxi
maxwell: max
melanie: mel
melinda: mindy lindy
melissa: mel missy lissa
mercedes: merche meche merce
michael: mike mick mickey micky mikey mitch micheal michi
michelle: shelly shelley chelle mich
miguel: migue
mitchell: mitch
mildred: millie milly
montserrat: montse
nancy: nan nanny
natalia: nat nati natalie natasha
natalie: nat nattie
nathan: nate nat
nathaniel: nate nat nathan
nicholas: nick nicky nicolas niko klaus claus nikolaus
nicole: nicky nikki nicki nicola
norman: norm
olivia: liv livvy ollie
oliver: ollie olly
pamela: pam
patricia: pat patty patti tricia trish patsy pati
patrick: pat paddy patty rick
peter: pete petey
philip: phil phillip pip
pilar: pili
rachel: rae shelly rachael
rafael: rafa raphael
ramon: moncho
randall: randy randal
raymond: ray
rebecca: becky becca beck becki rebekah
reginald: reg reggie
ricardo: ricky richi
richard: rick ricky rich richie dick dickie
robert: rob robbie bob bobby bobbie bert robb
roberto: beto rober
rodney: rod
roger: rodge hodge
ronald: ron ronnie ronny
rosario: charo
rosemary: rose rosie rosemarie
russell: russ rusty
samantha: sam sammie sammy
samuel: sam sammy
sandra: sandy sandi
santiago: santi yago
sarah: sara sally sadie
sebastian: seb basti bastian sebas
sharon: shari sherry
sophia: sophie sofia sofie
stanley: stan
stephanie: steph stef stephany stefanie steffi
stephen: steven steve stevie stefan steph
susan: sue susie suzy suzie sukie susanna susanne suzanne
teresa: tere theresa
terence: terry terrence
theodore: ted teddy theo
theresa: terry teresa tess tessa tessie tracy
thomas: tom tommy thom
timothy: tim timmy
tobias: toby tobi
ursula: ulla uschi
valerie: val
vanessa: nessa
veronica: vero ronnie roni
victor: vic viktor
victoria: vicky vicki tori vic vick
vincent: vince vinny vinnie
virginia: ginny ginger
walter: walt wally
wilhelm: willi willy bill
wilhelmina: mina minnie willa
william: will bill billy willie willy liam wills
winifred: winnie
yolanda: yoli
zachary: zach zack zac
"""


def _read_table() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for row in _TABLE.strip().split("\n"):
        name, _, forms = row.partition(":")
        for form in (name, *forms.split()):
            found.setdefault(form, set()).add(name)
    return {form: frozenset(formal) for form, formal in found.items()}


_NONE: frozenset[str] = frozenset()
_FORMAL = _read_table()


def formal(name: str) -> frozenset[str]:
    """Return the names for which `name` may stand, itself among them where it is one.

    >>> sorted(formal("alex")), sorted(formal("tove"))
    (['alejandro', 'alexander', 'alexandra'], ['tove'])
    """
    return _FORMAL.get(name) or frozenset((name,))


def may_be_one(one: str, other: str) -> bool:
    """Say whether two first names, in canonical form, may belong to one person.

    >>> may_be_one("bob", "robert"), may_be_one("alex", "alexandra"), may_be_one("alexander", "alexandra")
    (True, True, False)
    """
    return not _FORMAL.get(one, _NONE).isdisjoint(_FORMAL.get(other, _NONE))
