"""Classify, the words: common given and family names of many countries, in lower case, without accents. Data only."""

from __future__ import annotations

from proctor.classify.words import words_of

GIVEN = words_of(
    """
    aaron abdul abdulaziz abdullah abdulrahman abena abhishek abigail achieng achille adam addison adebayo adel
    adela adele adem aditi aditya adrian adriana adriano agata agatha agathe agnes agneta agnieszka agostino agus
    agustin ahmad ahmed ahmet aiden aiko aino aisha aitana ajay akash aki akira akshay akua alain alan alba alberto
    aldo alejandra alejandro aleksandar aleksander aleksandra aleksi alena ales alessandra alessandro alessia alex
    alexander alexandra alexandre alexandru alexei alfie alfonso alfredo ali alice alicja alina aline alistair alma
    alok alper altair alvaro ama amadou aman amanda amandine amar amara amber ambika amedeo amelia amelie amina
    aminata amir amit amrita amy ana anais anand ananya anastasia anastazja anca anders anderson andi andre andrea
    andreas andreea andrei andreia andres andrew andrey andriy andrzej aneta angel angela angeles angelica angelika
    angelique angelo angus anh anil anirudh anita anja anjali anke ankit ankita ann anna annalisa anne annegret
    anneke annette anni annie annika anouk antero anthony antje antoine anton antonella antonia antonietta antonin
    antonino antonio antti anu anuj anupam anuradha anwar aoife aparecida aparna aravind archana archie arda ari
    arianna arief arja arjun arlo armando arne aron arthur arturo artyom arun aruna arvid asha ashish ashley ashok
    ashwin asli assunta astrid asuka asuncion attila attilio aubrey audrey augusto aurelie aurora aurore austin ava
    awa axel ayaka aydin ayesha aylin ayman ayse aysegul ayu ayumi aziz bahar bala balaji balazs bambang bao barbara
    barbora barbro baris barry bartosz basak bashir beata beate beatrice beatriz begona bekir bela bence benedetta
    benedito bengt benito benjamin benoit berat berit bernadette bernard bernardo bertrand beryl bettina betty
    beverly beyza bharat bhavna biagio bianca bilal billy binh birgit birgitta bjorn blake blanca blanka bo bobby
    bogdan boguslaw bohdan bohumil boleslaw bora boris borivoj borja bozena bradley bram brandon branko brenda
    brendan breno brian brianna brigitte britta brittany bronwen brooke bror bruce bruno bryan budi burak burcu
    bushra busra caio caleb callum camila camilla camille can candela capucine carina carl carla carlo carlos
    carlota carlotta carmela carmen carol carola carole carolina caroline carolyn catalin catalina catarina caterina
    catherine caua cecilia cedric celia celine cem cemal ceren cesar cesare ceyda cezary chad chandan chandra
    chantal charles charline charlotte chase chau chen cheng cheryl chetan chiara chidi chinedu chioma chitra chiyo
    chloe christa christelle christer christian christina christine christophe christopher christos ciara cicero
    cihan cinzia ciro citra claire clara clarice clarisse claude claudia claudine claudio cleber clement clive cody
    cole colette colin colton concepcion concetta connor consuelo coralie corentin corinne cornelia corrado cosmin
    cristian cristiane cristiano cristina cristobal crystal csaba cuong curtis cynthia czeslaw daan dagmar daiane
    daichi daiki daisuke daisy daksh damian damien damla dan dana daniel daniela daniele danielle danijela danilo
    danuta daria dario dariusz darko darnell davi david davide dawid debashish debora deborah debra declan deepak
    deirdre dejan delphine denis denisa denise deniz dennis derek derrick derya deshawn despina destiny detlef dev
    devi dewi dhruv dian diana didier diego dieter dilek dilip dimitris dina dinesh diogo divya dmitri dolores
    domenico domingo dominic dominik dominika dominique donald donato dong donna dora doris dorota dorothy douglas
    dragan dragos drazen dumitru duncan dung duong durga dusan duy duygu dwayne dwi dylan earl ebba ebony ebru ece
    eckhard edith edoardo edouard edson eduarda eduardo edward edyta eero eeva efe efua egon egor einar eino eka
    ekaterina ekow ela elaine elena eleni eleonora elfriede eliana eliane elias elif elijah elin elina elio elisa
    elisabeth elisangela elise eliska elizabeth elke ellen ellis elodie elof elsa elsie elvira elzbieta emanuele
    emanuelle emeka emi emil emilia emilio emily emine emir emma emmanuel emrah emre encarnacion enes engin eniko
    enrico enrique enzo eoin erdal erdem erhan eri eric erica erick erik erika erkan erkki ermanno ernst ersin erwin
    eryk erzsebet esa esi esme esperanza esra esteban estelle ester esther eszter ethan ethel etienne ettore eugene
    eugenie eugenio eva evelyn evelyne evert everton evgeny ewa ewan ewelina fabiana fabiano fabien fabienne fabio
    fabrice fabricio fabrizio fadi fadime faisal faith fang fanny farhan farid farouk fatih fatima fatma fatou
    fausto federico fei felice felipe felix femi femke feng ferdinando ferenc fergus ferhat fermin fernanda fernando
    filip filippo filiz finlay finn fiona fiorella fitri flavia flavio florence florian florin folake franca
    francesca francesco francis francisca francisco franck franco francois francoise frank frantisek freddie
    frederic fredrik freya frida frieda friedrich fritz fumiko funmi furkan gabin gabor gabriel gabriela gabriele
    gaelle gaetano gaia galina gamze ganesh gang gareth garrett gary gaston gaurav gautam gavin geeta gemma
    genevieve gennady gennaro geoffrey george georgia gerald geraldo gerard gerardo gerd gerda gergely gerhard
    german gertrude geza ghada gheorghe ghislaine giacomo giampiero giancarlo gianfranco giang gianluca gianluigi
    gianna gianni gilbert gilberto gilda gilles ginevra gino gioacchino gioele gioia giorgia giorgio giorgos giovana
    giovanna giovanni gisela gisele gita giulia giuliana giuliano giuseppe giuseppina gizem glaucia gloria gokhan
    gonzalo gopal goran gordon gosta govind graca grace graham grant grazia graziella grazyna gregory greta grigory
    grzegorz guadalupe gudrun guglielmo guido guilherme guillaume guillermo gul gulay gulsen gun gunilla gunnar
    gunter guo gurpreet gustaf gustav gustavo guy gyorgy gyula ha habib hai hakan hala halil halina hamid hamish
    hamza hana hande hanh hanife hanna hannah hannelore hannu hans hao harald harini harish harold harper harpreet
    harry hartmut haruka haruki haruto hasan hassan hatice havva hayato hazel heather hector hedda heidi heike
    heikki heinrich heinz heitor helen helena helene helga helmi helmut heloisa hema hemant hendra henk henri henrik
    henrique henry henryk herbert herve hieu hikari hilda hildegard hilkka hina hinata hiroko hiroshi hisham hitomi
    hoa hoang holger holly hong hope horst hua hubert huda hugo hui hulya hung hunter huong huseyin hussein huy hyun
    iain ian ibrahim ibrahima ida ifeoma iga ignacio ignazio igor iida ikenna iker ilaria ilham ilie ilker ilkka
    ilmari ilona ilse ilya imogen imran imre indah indira ines inga inge ingeborg ingegerd ingemar inger ingrid
    ingvar inigo inkeri inmaculada inna ioan ioana ioanna iolanda ion ionut ipek iqbal irem irena irene irina iris
    irma irmgard isaac isabel isabela isabella isabelle isadora isamu ishaan ishita isidro isla ismail istvan iulia
    ivan ivana ivano ivica ivo ivone ivy iwan iwona izabela izumi jaakko jacek jack jacky jacob jacqueline jacques
    jade jadwiga jae jagdish jai jaime jakob jakub jamal james jamila jan jana janet jani janice janina janne janos
    janusz jaqueline jari jarmila jarmo jaroslav jaroslaw jasmine jason jasper jatin javier jaya jayant jayden jean
    jeanne jeannine jefferson jeffrey jelena jennifer jens jeremy jerome jerry jerzy jesper jesse jessica jesus ji
    jian jie jill jimena jin jindrich jing jiri jirina jiro jitka joachim joakim joan joana joanna joao joaquim
    joaquin jocelyn jochen joe joel joelle johan johanna john johnny joko jolanta jonas jonathan joni jordan jordi
    jorg jorge jorgen jorma jose josef josefa josefin josep joseph josephine josette joshua josiane josue jouni
    jovana jozef jozsef juan juana jude judit judith judy juha juhani jukka jule jules julia julian juliana julie
    julien juliette julio julita jun junko jurgen jussara jussi justin justine justyna jutta jyoti kaan kaarina
    kacper kadir kai kaija kailash kaitlyn kaito kaj kajal kalle kalpana kamal kamala kamau kamil kamila kaori karan
    karel karen kari karim karin karina karine karl karol karolina karthik kata katalin katarina katarzyna katerina
    katherine kathleen kathryn katia katja katri katrin kavita kayla kazimierz kazuki kazuko kazuo kees keiko keisha
    keith kelechi kelly kemal kendrick kenji kenneth kent kenta kerem kerstin kevin khadija khaled khalid khanh
    kieran kim kimberly kimmo kinga kiran kirill kirsi kirsten kishore kiyoshi kjell klara klaudia klaus knut kofi
    koji kojo komal konrad konstantin kostas krishna kristin kristina kristyna krystian krystyna krzysztof kumar
    kumiko kunal kurt kwabena kwaku kwame kyle kyllikki ladislav laercio laetitia laia laila lakshmi lalit lamar lan
    landon larisa larissa larry lars laszlo lata latasha latoya laura laure lauren laurence laurent lauro lavinia
    lawrence lea leandro leela leena lei leif leila leire lena lenka lennart leo leon leonardo leone leonid leonie
    leos leslie lestari leszek leticia letizia levent levente levi leyla li lia liam libor libuse lidia lien liisa
    liliana lilla lilou lily lin lina linda lindiwe linh linnea linus lionel lisa livia liviu loan logan loic lola
    long loredana lorena lorenzo lorna lothar lotta lotte louis louise lovisa luana lubomir lubos luc luca lucas
    lucia lucian luciana luciano lucie lucien luciene lucienne lucja ludmila ludovic ludovica ludovico ludvig luigi
    luigia luis luisa luiz luiza luka lukas lukasz luz luzia lydia lyubov lyudmila maarit mabel maciej mackenzie
    madalina maddalena made madeleine madhav madhu madhuri madison maelys magdalena magnus maha mahesh mahmoud mai
    maicon maija maj maja majid makoto maksim mala malak malcolm malgorzata malik malin malini mamadou mami mamta
    manabu mandla mandy manfred manish manisha manoj manon mansour manuel manuela mao marc marcel marcela marcella
    marcello marcelo marcia marcin marcio marco marcos marcus marek margaret margareta margarita margherita
    marguerite mari maria mariam mariama marian mariana mariangela marianne mariano marie marieke marija marijana
    marilyn marina marine mario marion marisa marius mariusz marja marjatta mark marketa markku marko markus marlene
    marta martha marthe martin martina martine marton martti marwan mary maryam maryse masaki masako masao mason
    massimo mate mateo mateus mateusz matheo matheus mathieu mathilda mathilde mathis matilda mato mats matteo
    matthew matthias matti mattia mattias maud maurice mauricio maurizio mauro maxime maya mayumi meera megan megumi
    mehmet mei melanie melek melissa meltem mercedes mert merve mesut metin mia micaela michael michaela michal
    michel michela michelangelo michele micheline michelle michiko midori mieczyslaw miguel mihaela mihai miika mika
    mikael mikhail miki mikko miklos mikolaj mila milada milagros milan milena miles milica milos miloslav min ming
    minh minna minoru mira mircea mireille mirella miriam mirjana miroslav miroslava miroslaw miyuki mohammed mohan
    mohit moira molly mona monica monika monique montserrat morena morgane moritz morten mounir mourad moussa
    muhammad mukesh mukul murat muriel murilo musa mustafa mwangi mykola myriam na nabil nada nadeem nadezhda nadia
    nadine nadir naima nalan nam nana nancy nandini naoki naoko naomi narayan naresh nasreen nasser natale natalia
    natalie nataliia nathalia nathalie nathan natsuki naveen navya nazli nebojsa necati neeraj neeta neha neil
    nelson nenad nerea nermin nga ngoc ngozi nguyen nhung niamh nicholas nicola nicolae nicolas nicole nicolo nidhi
    nieves nigel niina nikhil nikita niklas niko nikola nikolai nikos nilesh nils nina ning niraj nirmala nisha
    nitin njeri nkechi nneka noa noah noboru nobuko noel noelia noemi noemie nokuthula nomsa nomvula noor nora
    norbert nour nuala nur nuray nurcan nuria oana obinna oceane octavian odair odile okan oksana ola olaf olavi
    oldrich ole oleg oleksandr olena olga oliver olivia olivier oliwia olle olof olumide oluwaseun om omar omer
    omkar ondrej onni onur orhan orietta orla ornella orsolya orvokki osamu oscar oskar osman osvaldo otakar otavio
    otieno otto ousmane outi ove ovidiu owen ozan ozge ozgur ozlem paavo pablo padma padraig paige paivi pallavi
    paloma pamela panagiotis pankaj paola paolo par parker parth parvati pascal pascual pasi pasquale patrice
    patricia patrick patrik patrizia patrycja patryk pau paul paula paulette paulina pauline paulo pavan pavel pavla
    pawel pedro pekka pelin peng pentti per pernille petar peter petr petra petri peyton philip philippe phoebe
    phuong pia piera piero pierre piet pieter pietra pietro pilar pina pinar ping piotr piper pirjo pirkko polina
    pooja poppy prabhu pradeep prakash pramod pranav prasad prashant pratibha predrag preeti prem priscila priya
    przemyslaw puja purificacion purnima putri putu qiang qing quan quang quincy quynh rachel radek radha radhika
    radim radka radomir radoslaw radu rafael rafaela rafal raffaele raffaella raghav raghu ragnar rahul raija raimo
    raimundo rainer raissa raj rajan rajat rajeev rajendra rajesh rajiv raju rakesh ralf ralph raluca ram rama
    ramazan ramesh ramiro ramon randy rani rania ranjit raphael raquel rashid rashmi rasmus raul ravi raymond
    raymonde razvan rebecca rebecka recep reem reggie regina reginald reginaldo regine regis rei reijo reinhard reka
    rekha remedios remi ren renan renata renate renato rene renee renzo rhys ricardo riccardo richard ridvan riikka
    rikard riku rima rin rina rini rishi risto rita ritika ritu ritva riya rizki robert roberta roberto rocco rocio
    rodolfo rodrigo roger rogerio rohan rohit roisin roksana roland rolf romain roman romane romulo ronald ronaldo
    rong rory rosa rosalia rosana rosangela rosanna rosaria rosario rose rosemarie rosemeire rosie rossana rossella
    rostislav roswitha roxana roxane roy ruben rubens ruby rudiger rudolf ruggero rukhsana rune rupa rupert ruslan
    russell ruth ruzena ryan ryo ryota ryszard saad saara sabah sabine sabri sabrina sachin saeed sahil sakshi
    sakura salah saleh salim salma salman salome salvador salvatore samantha samara sameer sami samir samira samuel
    samuele samuli sana sandeep sandor sandra sandrine sandro sangeeta sanja sanjay sanna sanne santeri santiago
    santo santosh saoirse sapna sara sarah sari sarita sarka saroj sasa satish satoshi saul saurabh savannah saverio
    savita sayaka scott seamus sean sebastian sebastiano sebastiao seda sedat seema segun seija sekou selim selin
    selma sem sema seo seppo serap serdar serena serge sergei sergey sergio serkan sevda severine sevgi sevim
    shabana shalini shan shane shanice shankar shanti sharmila sharon sherif shigeru shilpa shinji shirley shiv
    shivani shobha shota shreya shruti shubham shun shweta sibel siddharth siegfried signe sigrid silke silvana
    silvia silvio silviu simon simona simone sinan sinead sinikka siobhan sipho siri sirpa sita siti slawomir
    slobodan smita sneha snezana sofia solange solene solveig sonal songul sonia sonja soo sophia sophie sora sorin
    souad spencer sri srinivas stanislav stanislaw stefan stefania stefanie stefano steffen stella stellan stepan
    stepanka stephane stephanie stephen steven stig stina stjepan stuart sture subhash sudhir sueli sujata suleyman
    sulistyo sultan suman sumit sung sunita surendra suresh surya susan susana susanna susanne sushil sushma suzana
    suzanne svante svatopluk sven svenja svetlana swati swen sydney sylvain sylviane sylvie sylwia szabolcs szilvia
    szymon tadashi tadeusz tage taina tainara takashi takeshi takumi talita tam tamas tamer tamika tamsin taner
    tania tanja tanner tanvi tao tapani tapio tara taras tarik tariq tarja taro tarun tatiana tatiane teemu teija
    telma temitope teodoro teppo teresa teresinha tereza terhi tero terrence terry tessa thabo thais thanh thao
    themba theo theodore theresa therese thi thiago thierry thomas thorsten thu thuy tian tibor tien tiffany tihomir
    tiina tilde timea timeo timo timofey timothy tiziana tiziano tobias toby tolga tomas tomasz tomislav tommaso
    tomoko toni torbjorn torsten toshio tove trang travis trevor trinh trinidad tristan trung tsubasa tu tuan tudor
    tugba tuija tullio tumelo tuncay tunde tung tuomas turgut tuula tuva tuyet tyler tyra tyrone ubiratan uche uday
    udo ufuk ugo ugur ulf ulla ulrich ulrika ulrike uma umberto umesh umit umut uno urban urho urmila ursula urszula
    usha usman ute uwe uyen vaclav vagner vaibhav vaino valdir valentin valentina valentine valeria valerie valerio
    valery valter valtteri vanda vandana vanesa vanessa varun vasant vasile vasiliki vasilis veena veikko venkatesh
    venla vera veronica veronika veronique vesa vesna vicente victor victoria vidya viet vijay vijaya vikas vikram
    viktor viktoria vilhelm ville vimal vinay vincent vincenza vincenzo vinh vinicius vinod viola violet viorel
    vipin virginia virginie virpi vishal vit vitaly vito vitor vitoria vittoria vittorio vivek viveka vivian viviana
    viviane vlad vladan vladimir vladimira vlasta vlastimil vojtech volkan volker vyacheslav wafa wagner wahyu
    wakana walid walter wanda wanderley wanjiru wayan wayne wei wellington wen werner weronika wesley wieslaw
    wieslawa wiktor wiktoria wilfried wilhelm willem william willow wilma winifred wladyslaw wojciech wolfgang wyatt
    xavier xia xiang xiao ximena xin xochitl xuan yago yamato yan yana yannick yannis yanti yasar yasemin yash yasin
    yasmin yasmine yassine yasuko yavuz yaw yegor yeliz yemi yen yesenia yi yildiz yilmaz ying yngve yogesh yoko
    yolanda yong yoshiko yosuke young youssef yu yudi yui yuka yuki yukiko yuko yulia yuma yun yunus yuri yusuf yuta
    yuto yves yvette yvonne zachary zafer zahra zaid zainab zakaria zanele zbigniew zdenek zdenka zdravko zdzislaw
    zehra zelda zeljko zerrin zeynep zhanna zhen zhi ziad zinaida zineb zita zoe zofia zoltan zoran zoya zsolt
    zsuzsanna zubair zuzana zuzanna zygmunt
    """
)
FAMILY = words_of(
    """
    adamczyk adams adebayo adeyemi agarwal aguilar ahmed ahonen albrecht alexander ali allen almeida alvarado
    alvarez alves amato andersen anderson andersson andrade andre andrews angelo araujo arias armstrong arnaud arnim
    arnold arslan asante ashworth aslan aubert axelsson aydin azevedo babic bailey baker bakker balogh banerjee
    baran barbier barbieri barbosa barnes barone bartos basile batista bauer baumann beck becker begum bell bellini
    benali benedetti benes bengtsson benitez bennett benoit berg berger berglund bergman bergmann bergstrom bernard
    bernardi berry bertrand bhatt bhattacharya bianchi bianco bjork black blanc blanchard blanco blazek boateng bohm
    bondarenko bonnet borges bos bose bourgeois boyd bradley brandt braun bravo brooks brouwer brown brun brunet
    bruno bryant bui burns busch butler caballero cabrera calvo campbell campos cano caputo carbone cardoso carmona
    caron carpenter carrasco carroll carter caruso carvalho castillo castro cattaneo cavalcante celik cermak cerna
    cerny cetin chatterjee chauhan chavez chen chevalier choi chopra choudhary christensen ciobanu claes clark
    clarke clement coelho cole coleman colin collins colombo conte conti contreras cook cooper coppola correa
    correia cortes costa cox crawford crespo cruz cunha cunningham dabrowska dabrowski dang daniels danielsson das
    davies davis dekker delgado demir denis desai diallo dias diaz dietrich diez dijkstra dixon djordjevic dlamini
    dogan dolezal duarte dubois dudek dufour dumas dumitru dumont duncan dunn duong dupont duran durand dutta duval
    dvorak dvorakova edwards eklund elliott ellis engel engstrom eriksen eriksson esposito esteban evans fabbri
    fabre farias farina farkas faure ferguson fernandez ferrara ferrari ferraro ferreira ferrer ferretti ferri fiala
    fiore fischer fisher fletcher flores fonseca fontaine fontana ford forsberg foster fournier fox francois frank
    franke fransson fredriksson freeman freitas friedrich fuchs fuente fuentes gaillard gall gallardo gallego galli
    gallo garcia gardner garnier garrido garza gatti gauthier gentile gerard gheorghe ghosh gibson gil gimenez
    giordano girard giraud giuliani gomes gomez gonzales gonzalez goossens gordon gorski gowda grabowski graf graham
    grant grassi grasso gray greco green griffin gross guerin guerra guerrero guimaraes gunnarsson gunther gupta
    gustafsson gutierrez guzman haas hagen hahn hajek hakansson hall hamalainen hamilton hansen hansson harris
    harrison hart hartmann haugen hawkins hayashi hayes hegde heikkila heikkinen heinonen heinrich henderson
    hendriks henriksson henry hernandez herrera herrero herrmann hicks hidalgo hill hoffman hoffmann holm holmes
    horak horakova horn horvat horvath howard huang huber hudson hughes hunt hunter hussain ibanez iglesias ilic
    inoue ionescu isaksson ito ivanov ivanova iyer jablonski jackson jacobs jager jain jakobsson james jang
    jankowska jankowski jansen janssens jansson jarvinen jaworski jelinek jenkins jensen jimenez johansen johansson
    johnsen johnson johnston jokinen joly jones jonsson jordan joshi jovanovic jung juric kaczmarek kaiser kaminska
    kaminski kang kapoor kara karjalainen karlsen karlsson kato kaur kaya keita keller kelley kelly kennedy khan
    kilic kim kimura king kinnunen kiss klein knight kobayashi koc koch kohler kolar konig korhonen korkmaz koskinen
    kovacevic kovacs kovalenko kovar kowalczyk kowalska kowalski kozlov kozlowska kozlowski kral kramer kratochvil
    kraus krause krawczyk krejci krishnan kristensen kristiansen kriz krol kruger kucera kucerova kuhn kulkarni
    kumar kurt kuznetsov kwiatkowski lacroix lahtinen laine laitinen lambert lane lang lange larsen larsson laurent
    lawrence lebedev leclerc leclercq lee lefebvre lefevre legrand lehmann lehtinen lehtonen lemaire lemoine leon
    leone leroy lewandowska lewandowski lewis liang lim lima lin lind lindberg lindgren lindqvist lindstrom liu
    llewellyn lombardi lombardo long longo lopes lopez lorenz lorenzo lozano luca lucas ludwig lundberg lundgren
    lundin lundqvist luo macdonald machado mackenzie macleod madsen maes magnusson maier majewski makela makinen
    malhotra malinowski mancini marchand marchetti marek mariani maric marin marini marino markovic marques marquez
    marshall martin martinelli martinez martini martino mason masson matei matsumoto matthews mattila mattsson mayer
    mazur mazza mcdonald medina mehta meijer melo mendes mendez mendoza menon mensah mercier messina meunier meyer
    michalski michel miller mills miranda mishra mitchell mokoena molina moller molnar montanari monteiro montero
    monti moore mora morales moreau moreira morel morelli moreno moretti morgan morozov morris mortensen moura moya
    mueller mukherjee mulder muller munoz murphy murray mwangi myers nagy naidu nair nakamura nascimento navarro
    navratil ndiaye nelson nemec nemeth neumann ngo nguyen nichols nielsen niemi nieminen nieto nikolic nilsen
    nilsson nkosi noel novak novakova novakovic novikov novotna novotny nowak nowakowski nowicki nunes nunez obrien
    oconnor okafor okeke oliveira olivier olofsson olsen olson olsson olszewski oneill ortega ortiz otieno otto
    owens owusu ozdemir ozkan ozturk palmer palmieri palumbo pandey parisi park parker parra pascual pastor patel
    patil patterson pawlak pawlowski payet payne pedersen peeters peixoto pellegrini pellegrino pemberton pena
    pereira perez perkins perrin perry persson peters petersen peterson petit petrov petrova petrovic pettersen
    pettersson pfeiffer pham philippe phillips picard pierce pierre pillai pinto piotrowski pires pohl polat popa
    popescu popov porter pospisil poulsen powell price prieto prochazka prochazkova radu raman ramirez ramos
    rantanen rao rasmussen ray reddy reed renard renaud rey reyes reynolds rezende ribeiro ricci rice richard
    richards richardson richter riley rinaldi rivera riviere rizzi rizzo robert roberts robertson robinson rocha
    roche rodriguez roger rogers rojas roman romano romero rose ross rossetti rossi roth rousseau roux rubio ruiz
    russell russo ruzicka ryan saarinen saez sahin saito sala salazar salminen salo salonen samuelsson sanchez
    sandberg sanders sandoval sanna santana santiago santoro santos sanz sasaki sato sauer savolainen saxena schmid
    schmidt schmitt schneider scholz schreiber schroder schubert schulte schulz schulze schumacher schuster schwarz
    scott sedlak seidel sen serra serrano shah sharma shaw shetty shevchenko shimizu sidorov sikora silva silvestri
    simmons simon simpson simsek singh sinha siqueira sjoberg smirnov smirnova smit smith snyder soares sokolov
    soler sommer sorensen soto sousa souza sow spencer srivastava stan stein stephens stepien stevens stewart stoica
    stojanovic stone stuart subramanian sullivan sun suzuki svensson svoboda svobodova szabo szymanska szymanski
    takahashi tanaka tang tavares taylor teixeira testa thakur thatcher thomas thompson thomsen torres toth tran
    traore trivedi tucker tuominen turner turunen urban valentini vanek varga vargas vasquez vega velasco verma
    vermeulen vesela vesely vicente vidal vieira villa vincent virtanen visser vitale vo vogel vogt voigt volkov vos
    wagner walczak walker wallace wallin walter wang ward warren washington watanabe watson weaver webb weber weiss
    wells werner west white wieczorek wikstrom willems williams willis wilson winkler winter wisniewska wisniewski
    witkowski wojcik wolf wood woods wozniak wright wrobel xie yadav yamada yamaguchi yamamoto yang yildirim yildiz
    yilmaz yoon yoshida young zajac zeman zhang zhao zheng zhou zhu ziegler zielinska zielinski zimmermann
    """
)
EASTERN = words_of(
    """
    佐藤 鈴木 高橋 田中 伊藤 渡辺 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 林 斎藤 清水 山崎 森
    池田 橋本 阿部 石川 山下 中島 石井 小川 前田 岡田 長谷川 藤田 後藤 近藤 村上 遠藤 青木 坂本 斉藤 福田 太田
    西村 藤井 金子 岡本 藤原 中野 三浦 原田 松田 竹内 王 李 张 刘 陈 杨 黄 赵 吴 周 徐 孙 马 朱 胡 郭 何 高 罗 郑
    梁 谢 宋 唐 许 韩 冯 邓 曹 彭 曾 萧 陳 張 劉 楊 吳 趙 김 이 박 최 정 강 조 윤 장 임 한 오 서 신 권 황 안 송
    류 홍
    """
)
