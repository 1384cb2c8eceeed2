"""Policy, masks: given and family names from many cultures."""

from __future__ import annotations

GIVEN: tuple[bytes, ...] = tuple(
    b"""
    Abigail Adam Adele Adrian Agnes Ahmed Aiden Aisha Akira Alan Albert Alejandro Alessia Alexander Alfred Alice Alina
    Allan Alma Amanda Amara Amber Amelia Amina Amir Amit Amy Ana Anders Andrea Andrew Angela Anika Anita Anna Annika
    Anouk Anton Antonia Anya Arthur Arjun Asha Astrid August Aurora Ava Ayesha Barbara Beatriz Benjamin Bernard Bianca
    Birgit Bjorn Blanca Boris Bram Brenda Brian Bridget Bruno Camila Carl Carla Carlos Carmen Caroline Catherine Cecilia
    Celine Chandra Charles Charlotte Chiara Chidi Chloe Christian Clara Claude Claudia Clement Colin Conrad Cora Cyril
    Daan Dagmar Daisy Dalia Damian Daniel Dario David Deepa Denis Diana Diego Dieter Dina Dmitri Dominic Dora Doris
    Duncan Edgar Edith Edmund Edward Eileen Elena Eli Elias Elif Elisa Eliza Ella Ellen Elliot Elsa Elvira Emil Emilia
    Emma Enrique Enzo Eric Erika Ernest Esteban Esther Ethan Eugene Eva Evan Fabian Farah Fatima Felicia Felix Femke
    Fernando Filip Fiona Flora Florian Frances Francisco Frank Frederik Freya Frida Gabriel Gemma George Gerard Gianna
    Gilbert Giorgio Giulia Gloria Gordon Grace Greta Guido Gustav Hana Hannah Hans Harriet Haruka Harvey Hassan Hazel
    Hector Heidi Helen Helga Henrik Henry Hilda Hiroshi Hugo Ian Ibrahim Ida Ignacio Igor Ilse Imani Ines Ingrid Irena
    Iris Irma Isaac Isabel Ismail Ivan Ivy Jacob Jada Jakub James Jamila Jan Jana Janet Jasmin Javier Jean Jelena
    Jennifer Jens Jeremy Jesper Jin Joan Joao Johan Johanna Jonas Jorge Josef Josephine Joyce Juan Judith Julia Julian
    Juliette Jun Kaito Kamal Karen Karim Karin Karl Kasia Katarina Katja Kavya Keiko Keith Kemal Kenji Kenneth Kerstin
    Kevin Khadija Kiran Klaus Kofi Konrad Kristina Kumar Kwame Laila Lara Larissa Lars Laszlo Laura Laurent Lea Leila
    Lena Leo Leon Leonie Leticia Lian Lida Liam Linda Linh Lisa Livia Lorena Lorenzo Lotte Louis Louise Luca Lucas Lucia
    Ludwig Luis Luisa Lukas Luna Lydia Mabel Magda Magnus Maja Malik Manon Manuel Mara Marcel Marco Margaret Maria Marie
    Marina Mario Marit Mark Marta Martin Mary Mateo Mathilde Matthew Maya Mei Melissa Mia Michael Miguel Mikhail Mila
    Milan Min Ming Mira Miriam Mohan Mona Monika Murat Nadia Naomi Natalia Nathan Neha Neil Nele Ngozi Niamh Nicholas
    Nico Nikolai Nils Nina Noah Noor Nora Norbert Nuria Odette Olaf Olga Oliver Olivia Omar Oscar Otto Pablo Pamela
    Paolo Patricia Patrick Paul Paula Pavel Pedro Petra Philip Pia Pierre Priya Quentin Rachel Rafael Rahul Ralph Ramona
    Rania Raquel Rashid Ravi Raymond Rebecca Regina Rene Renata Ricardo Richard Rita Robert Roberta Robin Roger Rohan
    Roland Roman Rosa Rowan Ruben Rudolf Ruth Ryan Sabine Sadie Sakura Salim Samir Samuel Sandra Sanjay Santiago Sara
    Sebastian Selma Serena Sergei Shirin Silvia Simon Sofia Soren Stefan Stella Stephen Sunita Susan Sven Svetlana
    Sylvie Takeshi Tamar Tanja Tariq Tatiana Teresa Thabo Thea Theodor Thomas Tilda Timothy Tobias Tomas Tomoko Tove
    Ulrich Umar Ursula Valentina Valeria Vanessa Vera Veronica Victor Viktoria Vincent Viola Vivian Vladimir Walter
    Wanda Wei Wendy Wilhelm William Willem Winston Xavier Ximena Yael Yan Yasmin Yolanda Yuki Yusuf Yvonne Zahra Zainab
    Zara Zeynep Zofia Zoltan Zora
    """.split()
)

FAMILY: tuple[bytes, ...] = tuple(
    b"""
    Abbott Abe Abdi Acosta Adams Adeyemi Aguilar Ahmadi Akhtar Allen Almeida Alvarez Andersen Anderson Andrade Arnold
    Arslan Asante Ashworth Aydin Bailey Baker Balogun Banerjee Barbieri Barnes Barros Bauer Baumann Becker Bell Bender
    Bennett Berg Berger Bernard Bianchi Birch Bishop Blackwood Blanc Boateng Bondarenko Bonnet Borg Bose Bosch Boyer
    Bradley Brandt Braun Brennan Brooks Brown Bruno Bryant Burke Burns Byrne Cabrera Campbell Campos Cardoso Carlsson
    Carpenter Carter Caruso Castillo Castro Cerny Chambers Chan Chandra Chavez Chen Chevalier Cho Christensen Clark
    Clarke Cohen Cole Coleman Collins Conti Cook Cooper Costa Craig Crawford Cruz Cunha Dahl Dalton Das Davies Davis
    Dawson Delgado Demir Desai Diaz Dietrich Dixon Dominguez Dubois Duarte Duffy Dumont Duncan Dupont Duran Eberhardt
    Edwards Eklund Ellis Endo Engel Eriksson Esposito Evans Fabre Farrell Faulkner Ferrari Fernandez Fischer Fisher
    Fleming Flores Fontaine Forsberg Foster Fournier Fox Franco Franke Fraser Freeman Friedman Fuchs Fujita Fuller
    Gallagher Gallo Garcia Gardner Garnier Gauthier Geller Gibson Gill Girard Glover Goldberg Gomes Gomez Gonzalez
    Goto Graf Graham Grant Greco Green Griffin Gruber Guerra Gunther Gupta Haas Hahn Hall Hamid Hamilton Hansen Harper
    Harris Hartmann Harvey Hassan Hayashi Hayes Heller Henry Herman Hernandez Herrera Hewitt Higgins Hill Hoffmann
    Holm Holmes Horvat Horvath Howard Huang Huber Hughes Hunt Hussain Ibarra Ibrahim Ikeda Inoue Ito Ivanov Jackson
    Jacobs Jain James Jansen Jansson Janssens Jensen Jimenez Johansson Johnson Jones Joshi Jung Kapoor Karlsson Kato
    Kaur Kaya Keller Kelly Kennedy Kerr Khan Kim King Kirk Klein Knight Kobayashi Koch Kohler Kovac Kovacs Kowalski
    Kozlov Kramer Kruger Kuhn Kumar Kurtz Lambert Lang Larsen Larsson Laurent Lawson Le Lee Lehmann Leroy Lewis Li Lim
    Lin Lindberg Liu Lombardi Long Lopes Lopez Lorenz Lund Lynch Ma Maas Machado Mackay Madsen Maier Mancini Marino
    Marques Marsh Martin Martinelli Martinez Mason Matsumoto Mbeki Mccarthy Mehta Meier Mendes Mendoza Mensah Mercier
    Meyer Miller Mills Mishra Mitchell Mohammed Molina Moller Monroe Moore Morales Moreau Moreno Moretti Morgan Mori
    Morin Morris Muller Munoz Murphy Murray Nakamura Navarro Nelson Neumann Newman Nguyen Nielsen Nilsson Nolan Novak
    Nowak Nunes Obrien Oconnor Ochoa Odell Oduya Okafor Okoye Oliveira Olsen Olsson Ortega Ortiz Osborne Ozturk Pace
    Page Palmer Papadakis Park Parker Patel Paulsen Pavlov Pearson Pedersen Pereira Perez Perrin Peters Petersen
    Petrov Pham Phillips Pinto Popescu Porter Powell Prasad Price Quinn Rahman Ramirez Ramos Rao Rasmussen Reddy Reed
    Reid Reis Reyes Reynolds Ricci Richter Riley Rinaldi Rivera Rizzo Roberts Robinson Rocha Rodriguez Rogers Romano
    Romero Rosen Ross Rossi Roth Roux Roy Ruiz Russo Ryan Saito Salazar Sanchez Sanders Santos Sasaki Sato Schmidt
    Schneider Schreiber Schroder Schubert Schulz Schwarz Scott Seidel Sharma Shaw Shimizu Silva Simmons Simon Singh
    Smirnov Smith Soares Sokolov Sommer Sorensen Sousa Spencer Stark Stein Stevens Stewart Stone Suarez Sullivan
    Suzuki Svensson Takahashi Tan Tanaka Taylor Teixeira Thomas Thompson Torres Toth Tran Tremblay Turner Ueda Unger
    Usman Valdez Vance Vargas Varga Vasquez Vega Verma Vidal Vieira Visser Vogel Volkov Wagner Walker Wallace Walsh
    Walter Wang Ward Watanabe Watson Weaver Weber Wei Weiss Wells Werner West White Wilson Winter Wolf Wong Wood Wright
    Wu Yadav Yamada Yang Yilmaz Yoshida Young Yusuf Zamora Zhang Zhao Zhou Ziegler Zimmermann
    """.split()
)
